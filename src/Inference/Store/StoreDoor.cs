using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>The way to the store, which may be shut: while its folder cannot be used the rest of the service goes on.</summary>
internal sealed class StoreDoor(IOptions<StoreOptions> options)
{
    private readonly Lock gate = new();
    private volatile StoreSession? session;
    private volatile string reason = "The store is not open yet.";
    private Task? closing;

    /// <summary>Why it is shut, or null.</summary>
    public string? Shut => session is null ? reason : null;

    /// <exception cref="StoreUnavailableException">It is shut.</exception>
    public StoreSession Session => session ?? throw new StoreUnavailableException(reason);

    /// <exception cref="StoreUnavailableException">It cannot be opened now.</exception>
    public StoreSession Open()
    {
        try
        {
            return session = StoreSession.Open(options.Value);
        }
        catch (StoreUnavailableException failure)
        {
            reason = failure.Message;
            throw;
        }
    }

    /// <summary>Writes what has come, and shuts for good; whoever asks is told when the folder is free.</summary>
    public Task CloseAsync()
    {
        // a host may be stopped by two at once
        lock (gate) return closing ??= ShutAsync();
    }

    private async Task ShutAsync()
    {
        reason = "The service is stopping.";
        if (Interlocked.Exchange(ref session, null) is { } open) await open.DisposeAsync().ConfigureAwait(false);
    }
}
