using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Diffusion.Inference.Store;

/// <summary>The SQLite file: one connection that writes, kept open, and as many readers as there are questions.</summary>
internal sealed class StoreDatabase : IDisposable
{
    private const long PageBytes = 4096;

    private readonly SqliteConnection writing;
    private readonly DbContextOptions<StoreContext> writers, readers;

    /// <exception cref="SqliteException">It cannot be opened.</exception>
    /// <exception cref="StoreUnavailableException">It was written by a newer version.</exception>
    public StoreDatabase(string path, StoreOptions options)
    {
        var seconds = (int)Math.Ceiling(options.BusyTimeout.TotalSeconds);
        var address = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = seconds }.ToString();
        writing = new SqliteConnection(address);
        try
        {
            writing.Open();
            // accepted means on the disk: in WAL mode only FULL flushes at every commit
            StoreSchema.Execute(writing, string.Create(
                CultureInfo.InvariantCulture,
                $"PRAGMA page_size = {PageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA max_page_count = {options.MaxDatabaseBytes / PageBytes};"));
            StoreSchema.Bring(writing);
        }
        catch
        {
            writing.Dispose();
            throw;
        }
        writers = new DbContextOptionsBuilder<StoreContext>().UseSqlite(writing, o => o.CommandTimeout(seconds)).Options;
        readers = new DbContextOptionsBuilder<StoreContext>().UseSqlite(address, o => o.CommandTimeout(seconds))
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking).Options;
    }

    /// <summary>For the one writer.</summary>
    public StoreContext Write() => new(writers);

    /// <summary>For questions, from any thread.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read now.</exception>
    public T Read<T>(Func<StoreContext, T> question)
    {
        using var context = new StoreContext(readers);
        try
        {
            return question(context);
        }
        catch (SqliteException failure)
        {
            throw new StoreUnavailableException(Explain(failure), failure);
        }
    }

    /// <summary>What an error of SQLite means to the operator.</summary>
    public static string Explain(SqliteException failure) => failure.SqliteErrorCode switch
    {
        5 or 6 => "The records are locked by another process.",
        13 => "The disk of the records, or the room set for them, is full.",
        8 or 14 => "The records cannot be opened for writing.",
        10 => "The disk of the records gives errors.",
        11 or 26 => "The records are damaged.",
        _ => $"The records cannot be used (SQLite error {failure.SqliteErrorCode}).",
    };

    public void Dispose()
    {
        writing.Dispose();
        // a disposed connection waits in the pool with the file open
        SqliteConnection.ClearPool(writing);
    }
}
