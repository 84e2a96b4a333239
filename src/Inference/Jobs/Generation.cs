using System.Diagnostics;
using System.Runtime.CompilerServices;
using Diffusion.Inference.Batching;
using Diffusion.Inference.Quotas;

namespace Diffusion.Inference.Jobs;

/// <summary>One accepted request: its state, its events and its result. Safe from any thread.</summary>
public sealed class Generation
{
    private readonly Lock gate = new();
    private readonly List<GenerationEvent> lifecycle = [];
    private readonly List<Mailbox> watchers = [];
    private readonly TaskCompletionSource<GenerationResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<Generation> onCancel;
    private int cancelRequested;
    private long rowsLeft;

    internal Generation(string id, AcceptedRequest request, Action<Generation> onCancel)
    {
        (Id, Request, this.onCancel) = (id, request, onCancel);
        var manifest = request.Lease.Manifest;
        Shape = new PictureShape(manifest.Network.Channels, manifest.Network.ImageSize, manifest.Network.ImageSize);
        Lane = LaneKey.Of(manifest);
        rowsLeft = request.Rows;
    }

    /// <summary>Unique, sorts by time of acceptance.</summary>
    public string Id { get; }

    /// <summary>What it makes.</summary>
    public GenerationKind Kind => Request.Kind;

    /// <summary>Model name.</summary>
    public string Model => Request.Lease.Manifest.Model;

    /// <summary>The model version that was resolved at acceptance.</summary>
    public int Version => Request.Lease.Manifest.Version;

    /// <summary>Sampler name.</summary>
    public string Sampler => Request.Sampler;

    /// <summary>Network evaluations per picture, guidance not counted.</summary>
    public int Steps => Request.Steps;

    /// <summary>Pictures.</summary>
    public int Count => Request.Count;

    /// <summary>The seed, drawn if the caller gave none.</summary>
    public ulong Seed => Request.Seed;

    /// <summary>Guidance scale; 1 is none.</summary>
    public double Guidance => Request.Guidance;

    /// <summary>What is told of it beside its pictures.</summary>
    public GenerationFacts Facts => new(Id, Model, Version, Sampler, Steps, Seed, Guidance);

    /// <summary>Where it stands.</summary>
    public GenerationState State { get; private set; }

    /// <summary>The pictures.</summary>
    /// <exception cref="GenerationFailedException">It failed.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public Task<GenerationResult> Completion => completion.Task;

    internal AcceptedRequest Request { get; }

    internal PictureShape Shape { get; }

    internal LaneKey Lane { get; }

    /// <summary>Network evaluations that are still to run; written by the engine.</summary>
    internal long RowsLeft
    {
        get => Interlocked.Read(ref rowsLeft);
        set => Interlocked.Exchange(ref rowsLeft, value);
    }

    /// <summary>Timestamp of acceptance.</summary>
    internal long AcceptedAt { get; init; }

    /// <summary>What its client was charged, or null.</summary>
    internal QuotaCharge? Charge { get; init; }

    internal bool IsCancelRequested => Volatile.Read(ref cancelRequested) != 0;

    /// <summary>The span that covers it, from acceptance to its end; null when nobody traces.</summary>
    internal Activity? Activity { get; init; }

    /// <summary>Asks it to stop; it leaves the batch at the next tick. Does nothing after its end.</summary>
    public void Cancel()
    {
        if (State is GenerationState.Succeeded or GenerationState.Failed or GenerationState.Canceled) return;
        if (Interlocked.Exchange(ref cancelRequested, 1) == 0) onCancel(this);
    }

    /// <summary>
    /// Its events: the lifecycle ones from <paramref name="fromSequence"/> on, none missing, and frames from now on, of
    /// which a slow reader gets the latest per picture. Ends after the completed, failed or canceled event.
    /// </summary>
    /// <param name="frames">Which frames to send.</param>
    /// <param name="fromSequence">The first lifecycle event wanted, inclusive; 0 or 1 for all.</param>
    /// <param name="cancellationToken">Ends the watching, not the generation.</param>
    public async IAsyncEnumerable<GenerationEvent> WatchAsync(
        FrameOptions frames, long fromSequence = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var mailbox = new Mailbox(this, frames);
        lock (gate)
        {
            // past the end there is still one event to see: without it the reader would wait for ever
            var ended = lifecycle.Count > 0 && IsFinal(lifecycle[^1]);
            foreach (var past in lifecycle)
                if (past.Sequence >= fromSequence || (ended && past == lifecycle[^1])) mailbox.Put(past);
            watchers.Add(mailbox);
        }
        try
        {
            await foreach (var next in mailbox.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return next;
        }
        finally
        {
            lock (gate) watchers.Remove(mailbox);
        }
    }

    internal FrameDemand Demand(int step)
    {
        lock (gate)
        {
            var demand = FrameDemand.None;
            foreach (var watcher in watchers) demand |= watcher.Demand(step, Steps);
            return demand;
        }
    }

    /// <summary>Hands a frame to those who want its step; returns how many older frames were pushed out.</summary>
    internal int Offer(Frame frame, int step)
    {
        lock (gate)
        {
            var pushedOut = 0;
            foreach (var watcher in watchers)
                if (watcher.Demand(step, Steps) != FrameDemand.None) pushedOut += watcher.Put(frame, lifecycle.Count);
            return pushedOut;
        }
    }

    internal void Queue(int ahead, long etaMs) => Publish(sequence => new QueuedEvent(Id, sequence, ahead, etaMs), GenerationState.Queued);

    internal void Start() =>
        Publish(sequence => new StartedEvent(Id, sequence, Model, Version, Sampler, Steps, Seed), GenerationState.Running);

    internal void Succeed(GenerationResult result)
    {
        Publish(sequence => new CompletedEvent(Id, sequence, result.QueueMilliseconds, result.SampleMilliseconds), GenerationState.Succeeded);
        completion.SetResult(result);
    }

    internal void Fail(string problem, string detail)
    {
        Publish(sequence => new FailedEvent(Id, sequence, problem, detail), GenerationState.Failed);
        completion.SetException(new GenerationFailedException(problem, detail));
        // a caller that only watches events never awaits the task; its error is not unobserved
        _ = completion.Task.Exception;
    }

    internal void EndCanceled()
    {
        Publish(sequence => new CanceledEvent(Id, sequence), GenerationState.Canceled);
        completion.SetCanceled();
    }

    private void Publish(Func<long, GenerationEvent> make, GenerationState state)
    {
        lock (gate)
        {
            State = state;
            var next = make(lifecycle.Count + 1);
            lifecycle.Add(next);
            foreach (var watcher in watchers) watcher.Put(next);
        }
    }

    private static bool IsFinal(GenerationEvent e) => e is CompletedEvent or FailedEvent or CanceledEvent;
}
