using Diffusion.Checkpoints;
using Microsoft.Data.Sqlite;

namespace Diffusion.Inference.Store;

/// <summary>The opened store: nobody else has it while this lives.</summary>
internal sealed class StoreSession : IAsyncDisposable
{
    private readonly ModelLock held;

    private StoreSession(ModelLock held, StoreOptions options)
    {
        this.held = held;
        Database = new StoreDatabase(Path.Combine(options.Path, "generations.db"), options);
        Writer = new StoreWriter(Database, options);
        Files = new ResultFiles(Path.Combine(options.Path, "results"));
    }

    public StoreDatabase Database { get; }

    public StoreWriter Writer { get; }

    public ResultFiles Files { get; }

    /// <exception cref="StoreUnavailableException">Another service has the folder, or it cannot be used.</exception>
    public static StoreSession Open(StoreOptions options)
    {
        ModelLock? held = null;
        try
        {
            Directory.CreateDirectory(options.Path);
            held = ModelLock.TryTake(Path.Combine(options.Path, ".lock"))
                ?? throw new StoreUnavailableException($"Another service has '{options.Path}'; give each its own folder (Store:Path).");
            return new StoreSession(held, options);
        }
        catch (Exception failure)
        {
            held?.Dispose();
            throw failure switch
            {
                StoreUnavailableException => failure,
                SqliteException unreadable => new StoreUnavailableException(StoreDatabase.Explain(unreadable), unreadable),
                IOException or UnauthorizedAccessException => new StoreUnavailableException($"The folder '{options.Path}' cannot be used: {failure.Message}", failure),
                _ => failure,
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync().ConfigureAwait(false);
        Database.Dispose();
        held.Dispose();
    }
}
