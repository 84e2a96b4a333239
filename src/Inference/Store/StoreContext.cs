using Microsoft.EntityFrameworkCore;

namespace Diffusion.Inference.Store;

/// <summary>The tables of <see cref="StoreSchema"/>.</summary>
internal sealed class StoreContext(DbContextOptions<StoreContext> options) : DbContext(options)
{
    public DbSet<GenerationRow> Generations => Set<GenerationRow>();

    public DbSet<AnswerRow> Answers => Set<AnswerRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<GenerationRow>(row =>
        {
            row.ToTable("generations").HasKey(r => r.Id);
            row.Ignore(r => r.IsFinal);
            row.Property(r => r.State).HasConversion<int>();
        });
        modelBuilder.Entity<AnswerRow>().ToTable("answers").HasKey(r => r.Key);
    }
}
