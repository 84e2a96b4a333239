using System.Threading.Channels;

namespace Diffusion.Training.Live;

/// <summary>Tells who watches a job that there is something new of it; what it is they read where it is kept.</summary>
internal sealed class JobNews
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<JobSignal>> watching = new(StringComparer.Ordinal);

    /// <summary>Wakes all who watch that job. Never waits for them.</summary>
    public void Tell(string id)
    {
        lock (gate)
            if (watching.TryGetValue(id, out var signals))
                foreach (var signal in signals) signal.Set();
    }

    /// <summary>Begins to watch; disposing ends it.</summary>
    public JobSignal Watch(string id)
    {
        var signal = new JobSignal(s => Leave(id, s));
        lock (gate)
        {
            if (!watching.TryGetValue(id, out var signals)) watching[id] = signals = [];
            signals.Add(signal);
        }
        return signal;
    }

    private void Leave(string id, JobSignal signal)
    {
        lock (gate)
            if (watching.TryGetValue(id, out var signals) && signals.Remove(signal) && signals.Count == 0) watching.Remove(id);
    }
}

/// <summary>One who watches: a single place, however much there is to tell.</summary>
internal sealed class JobSignal(Action<JobSignal> leave) : IDisposable
{
    private readonly Channel<bool> place = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Waits until something has happened since the last time.</summary>
    /// <param name="ends">The service stops: nothing more will happen.</param>
    /// <param name="cancellation">Nobody wants to know any more.</param>
    /// <returns>Whether anything has; false at the end.</returns>
    public async Task<bool> NextAsync(CancellationToken ends, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ends, cancellation);
        try
        {
            return await place.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => leave(this);

    internal void Set() => place.Writer.TryWrite(true);
}
