using System.Collections.Concurrent;
using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>The border between callers and the engine thread. Bounded: what does not fit is refused, never dropped.</summary>
internal sealed class AdmissionQueue(InferenceOptions options, TickCost cost, InferenceMetrics metrics) : IDisposable
{
    private readonly ConcurrentQueue<Generation> arrived = new(), canceled = new();
    private readonly AutoResetEvent wake = new(false);
    private readonly Lock gate = new();
    private long rowsWaiting;
    private int generations;
    private bool closed;

    /// <summary>Rows accepted and not yet run.</summary>
    public long RowsWaiting => Interlocked.Read(ref rowsWaiting);

    /// <summary>Accepted and not ended.</summary>
    public int Generations => Volatile.Read(ref generations);

    /// <summary>Accepts a generation, or says why not.</summary>
    /// <exception cref="GenerationRefusedException">Overloaded or Draining.</exception>
    public void Admit(Generation generation)
    {
        var rows = generation.Request.Rows;
        lock (gate)
        {
            if (closed) throw Refusal(RefusalReason.Draining, "The service is stopping and takes no more requests.");
            if (generations >= options.MaxQueuedGenerations)
                throw Refusal(RefusalReason.Overloaded, $"{generations} generations are in progress, which is the limit.", cost.Predict(rowsWaiting / generations));
            if (rowsWaiting > 0 && rowsWaiting + rows > options.MaxQueuedRows)
                throw Refusal(
                    RefusalReason.Overloaded, $"{rowsWaiting} rows are waiting and this request has {rows}; the limit is {options.MaxQueuedRows}.",
                    cost.Predict(Math.Min(rowsWaiting, rowsWaiting + rows - options.MaxQueuedRows)));
            generation.Queue((int)Math.Min(int.MaxValue, rowsWaiting));
            Interlocked.Increment(ref generations);
            Interlocked.Add(ref rowsWaiting, rows);
            arrived.Enqueue(generation);
        }
        metrics.RowsWaiting(rows);
        Wake();
    }

    /// <summary>The next arrival. Engine thread only.</summary>
    public bool TryTake(out Generation generation) => arrived.TryDequeue(out generation!);

    /// <summary>Tells the engine that somebody wants an admitted generation to stop.</summary>
    public void Cancel(Generation generation)
    {
        canceled.Enqueue(generation);
        Wake();
    }

    /// <summary>The next one to stop; it may have ended, or may not have arrived yet. Engine thread only.</summary>
    public bool TryTakeCanceled(out Generation generation) => canceled.TryDequeue(out generation!);

    /// <summary>Rows ran, or will never run.</summary>
    public void Leave(long rows)
    {
        Interlocked.Add(ref rowsWaiting, -rows);
        metrics.RowsWaiting(-rows);
    }

    /// <summary>A generation ended.</summary>
    public void End() => Interlocked.Decrement(ref generations);

    /// <summary>Refuses from now on.</summary>
    public void Close()
    {
        lock (gate) closed = true;
        Wake();
    }

    public void Wake() => wake.Set();

    /// <summary>Blocks until there may be something new.</summary>
    public void Wait() => wake.WaitOne();

    public void Dispose() => wake.Dispose();

    private GenerationRefusedException Refusal(RefusalReason reason, string message, TimeSpan? retryAfter = null) => new(reason, [new("", message)], retryAfter);
}
