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
    private readonly List<Watcher> watchers = [];
    private readonly List<FrameFeed> feeds = [];
    private readonly TaskCompletionSource<GenerationResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<Generation> onCancel;
    private int cancelRequested;
    private long rowsLeft;

    internal Generation(string id, AcceptedRequest request, Action<Generation> onCancel)
    {
        (Id, Request, this.onCancel) = (id, request, onCancel);
        var manifest = request.Lease.Manifest;
        Shape = PictureShape.Of(manifest);
        Lane = LaneKey.Of(manifest, request.Determinism);
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

    /// <summary>How exactly the seed fixes the pictures.</summary>
    public Determinism Determinism => Request.Determinism;

    /// <summary>What is told of it beside its pictures.</summary>
    public GenerationFacts Facts => GenerationFacts.Of(Id, Request.Resolved);

    /// <summary>Who asked for it.</summary>
    public string Client => Request.Client;

    /// <summary>Where it stands.</summary>
    public GenerationState State { get; private set; }

    /// <summary>Whether it was canceled because the service stops, and not because somebody asked for it.</summary>
    public bool EndedByShutdown { get; private set; }

    /// <summary>The pictures.</summary>
    /// <exception cref="GenerationFailedException">It failed, or the service stopped (<see cref="EndedByShutdown"/>).</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public Task<GenerationResult> Completion => completion.Task;

    /// <summary>Frames that it keeps of each picture; 0 if it was not asked to.</summary>
    public int RecordedFrames => Request.Record is { } record ? Recording.StepsOf(record, Steps).Length : 0;

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

    /// <summary>Bytes of the frames that it keeps.</summary>
    internal long RecordedBytes => Request.Record is { } record ? Recording.BytesOf(record, Steps, Count, Shape) : 0;

    /// <summary>The clock that frame rates are measured with.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told how many frames a reader missed.</summary>
    internal Action<int>? OnDropped { get; init; }

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
        using var watcher = Watch(frames, fromSequence);
        await foreach (var next in watcher.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return next;
    }

    /// <summary>The same as something that can be told to take other frames.</summary>
    /// <exception cref="GenerationRefusedException">There are no such frames.</exception>
    public Watcher Watch(FrameOptions frames, long fromSequence = 0)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return new Watcher(this, frames, fromSequence);
    }

    internal (FrameFeed Feed, long Next) Join(Watcher watcher, FrameOptions frames, long fromSequence)
    {
        Check(frames);
        lock (gate)
        {
            // past the end there is still one event to see: without it the reader would wait for ever
            var newest = lifecycle is [.., { IsFinal: true }] ? lifecycle.Count : lifecycle.Count + 1;
            watchers.Add(watcher);
            return (Enter(watcher, frames), Math.Clamp(fromSequence, 1, newest));
        }
    }

    internal FrameFeed Move(Watcher watcher, FrameOptions frames)
    {
        Check(frames);
        lock (gate)
        {
            if (!watchers.Contains(watcher)) return watcher.Feed;
            Exit(watcher);
            return Enter(watcher, frames);
        }
    }

    internal void Leave(Watcher watcher)
    {
        lock (gate)
            if (watchers.Remove(watcher)) Exit(watcher);
    }

    /// <summary>The lifecycle event of that sequence, or null if it has not happened.</summary>
    internal GenerationEvent? EventOf(long sequence)
    {
        lock (gate) return sequence <= lifecycle.Count ? lifecycle[(int)sequence - 1] : null;
    }

    internal void CountDropped(int frames) => OnDropped?.Invoke(frames);

    internal FrameDemand Demand(int sample, int step)
    {
        lock (gate)
        {
            var demand = FrameDemand.None;
            foreach (var feed in feeds) demand |= feed.Demand(sample, step);
            return demand;
        }
    }

    /// <summary>Hands the frames of a tick to those who want them; the work does not grow with how many read the same.</summary>
    internal void Offer(IReadOnlyList<Frame> frames)
    {
        lock (gate)
        {
            foreach (var frame in frames) frame.Sequence = lifecycle.Count;
            foreach (var feed in feeds)
            {
                var taken = false;
                foreach (var frame in frames) taken |= feed.Put(frame);
                if (!taken) continue;
                foreach (var watcher in feed.Watchers) watcher.Signal();
            }
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

    /// <param name="byShutdown">Whether nobody asked for it, but the service stops.</param>
    internal void EndCanceled(bool byShutdown = false)
    {
        EndedByShutdown = byShutdown;
        Publish(sequence => new CanceledEvent(Id, sequence, byShutdown ? CanceledEvent.Stopping : CanceledEvent.Requested), GenerationState.Canceled);
        if (!byShutdown)
        {
            completion.SetCanceled();
            return;
        }
        completion.SetException(new GenerationFailedException(Problems.Draining, "The service stopped before the pictures were done."));
        _ = completion.Task.Exception;
    }

    private void Publish(Func<long, GenerationEvent> make, GenerationState state)
    {
        lock (gate)
        {
            State = state;
            var next = make(lifecycle.Count + 1);
            lifecycle.Add(next);
            foreach (var watcher in watchers) watcher.Signal();
        }
    }

    private FrameFeed Enter(Watcher watcher, FrameOptions frames)
    {
        var feed = feeds.Find(f => f.Options.Equals(frames));
        if (feed is null) feeds.Add(feed = new FrameFeed(frames, Count, Steps, Time));
        feed.Watchers.Add(watcher);
        return feed;
    }

    private void Exit(Watcher watcher)
    {
        watcher.Feed.Watchers.Remove(watcher);
        if (watcher.Feed.Watchers.Count == 0) feeds.Remove(watcher.Feed);
    }

    private void Check(FrameOptions frames)
    {
        var errors = new RequestErrors();
        FrameCheck.Check(frames, Model, Request.Lease.Manifest.Network.Memory, Steps, Count, errors);
        if (errors.Any) throw errors.Refusal();
    }
}
