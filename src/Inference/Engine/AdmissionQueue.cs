using System.Collections.Concurrent;
using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The border between callers and the engine thread. Bounded: what does not fit is refused, never dropped, and a
/// deadline that cannot be promised is refused at once.
/// </summary>
internal sealed class AdmissionQueue(InferenceOptions options, CostBook costs, InferenceMetrics metrics, TimeProvider time) : IDisposable
{
    private readonly ConcurrentQueue<Generation> arrived = new(), canceled = new();
    private readonly AutoResetEvent wake = new(false);
    private readonly Lock gate = new();
    private readonly Backlog backlog = new(costs, options.MaxBatchRows);
    private bool closed;

    /// <summary>Rows accepted and not yet run.</summary>
    public long RowsWaiting
    {
        get
        {
            lock (gate) return backlog.Rows;
        }
    }

    /// <summary>Accepted and not ended.</summary>
    public int Generations
    {
        get
        {
            lock (gate) return backlog.Generations;
        }
    }

    /// <summary>Milliseconds until all that is accepted has run.</summary>
    public double PredictedWait
    {
        get
        {
            lock (gate) return backlog.Drain();
        }
    }

    /// <summary>The same for one lane.</summary>
    public double PredictedWaitOf(LaneKey lane)
    {
        lock (gate) return backlog.Drain(lane);
    }

    /// <summary>Accepts a generation, or says why not.</summary>
    /// <param name="generation">What to accept.</param>
    /// <param name="promised">Its deadline was promised by an earlier process, whose word is kept as well as can be.</param>
    /// <exception cref="GenerationRefusedException">Overloaded, DeadlineInfeasible or Draining.</exception>
    public void Admit(Generation generation, bool promised = false)
    {
        var rows = generation.Request.Rows;
        lock (gate)
        {
            if (closed) throw new GenerationRefusedException(RefusalReason.Draining, [new("", "The service is stopping and takes no more requests.")]);
            RefuseOverload(rows);
            if (generation.Request.Deadline is not null && !promised) RefuseBrokenPromise(generation);
            generation.Queue((int)Math.Min(int.MaxValue, backlog.Rows), (long)Math.Ceiling(backlog.Eta(generation)));
            backlog.Add(generation);
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
    public void Leave(Generation generation, long rows)
    {
        lock (gate) backlog.Leave(generation, rows);
        metrics.RowsWaiting(-rows);
    }

    /// <summary>A generation ended; its rows have left.</summary>
    public void End(Generation generation)
    {
        lock (gate) backlog.Remove(generation);
    }

    /// <summary>Refuses from now on.</summary>
    public void Close()
    {
        lock (gate) closed = true;
        Wake();
    }

    public void Wake() => wake.Set();

    /// <summary>Blocks until there may be something new.</summary>
    /// <param name="milliseconds">The longest time, 0 or more; for ever unless told.</param>
    /// <returns>False if the time ran out.</returns>
    public bool Wait(int milliseconds = Timeout.Infinite) => wake.WaitOne(milliseconds);

    public void Dispose() => wake.Dispose();

    private void RefuseOverload(long rows)
    {
        if (backlog.Generations >= options.MaxQueuedGenerations)
            throw Overloaded($"{backlog.Generations} generations are in progress, which is the limit.", 1.0 / backlog.Generations);
        var excess = backlog.Rows + rows - options.MaxQueuedRows;
        if (backlog.Rows > 0 && excess > 0)
            throw Overloaded(
                $"{backlog.Rows} rows are waiting and this request has {rows}; the limit is {options.MaxQueuedRows}.",
                Math.Min(1, (double)excess / backlog.Rows));
    }

    /// <param name="detail">For people.</param>
    /// <param name="part">How much of what waits has to run before there is room.</param>
    private GenerationRefusedException Overloaded(string detail, double part)
    {
        var wait = backlog.Drain();
        return new GenerationRefusedException(RefusalReason.Overloaded, [new("", detail)], TimeSpan.FromMilliseconds(Math.Clamp(wait * part, 1000, 600_000)))
        {
            QueueDepth = backlog.Generations,
            PredictedWait = TimeSpan.FromMilliseconds(wait),
        };
    }

    private void RefuseBrokenPromise(Generation generation)
    {
        var deadline = generation.Request.Deadline!.Value;
        if (generation.Request.Awaited is not null)
            throw Infeasible("the model is being loaded, and nobody knows how long that takes; try again soon, or without a deadline.", null);
        var now = time.GetTimestamp();
        var (promised, holds) = backlog.Promise(generation, g => g.Request.Deadline!.Value.TotalMilliseconds - time.GetElapsedTime(g.AcceptedAt, now).TotalMilliseconds);
        if (promised > deadline.TotalMilliseconds) throw Infeasible($"this request can be promised in {Math.Ceiling(promised):0} ms.", promised);
        if (!holds) throw Infeasible("it would break what was promised to earlier requests; try again later, or without a deadline.", promised);

        GenerationRefusedException Infeasible(string why, double? predicted) =>
            new(RefusalReason.DeadlineInfeasible, [new("deadlineMs", $"deadlineMs is {deadline.TotalMilliseconds:0} and cannot be promised: {why}")])
            {
                PredictedWait = predicted is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            };
    }
}
