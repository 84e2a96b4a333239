using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Store;

/// <summary>What is known of a generation, whether it lives, ended long ago, or ran before a restart.</summary>
public sealed record GenerationRecord
{
    /// <summary>Unique, sorts by time of acceptance.</summary>
    public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required RecordState State { get; init; }

    /// <summary>The request with every default filled in; running it again gives the same pictures.</summary>
    public required GenerationRequest Request { get; init; }

    /// <summary>How its result leaves unless a reader says otherwise: <c>format</c> and <c>scale</c> as they were asked for.</summary>
    public IReadOnlyDictionary<string, string> Answer { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it survives a restart.</summary>
    public required bool IsDurable { get; init; }

    /// <summary>Rises with every change.</summary>
    public int Revision { get; init; }

    /// <summary>When it was accepted, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When its first row ran, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>When its result is removed at the latest, UTC.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>From acceptance to the first tick.</summary>
    public double? QueueMilliseconds { get; init; }

    /// <summary>From the first tick to the last.</summary>
    public double? SampleMilliseconds { get; init; }

    /// <summary>Why it failed: a stable slug.</summary>
    public string? Problem { get; init; }

    /// <summary>Why it failed, for people.</summary>
    public string? Detail { get; init; }

    /// <summary>Whether nothing more will happen to it, but for its result's expiry.</summary>
    public bool IsFinal => State is not (RecordState.Queued or RecordState.Running);

    /// <summary>
    /// Its lifecycle events in their order, as far as the record tells them: how many were ahead of it is not kept. Of one
    /// that runs, those that have happened.
    /// </summary>
    public IReadOnlyList<GenerationEvent> Events
    {
        get
        {
            var events = new List<GenerationEvent> { new QueuedEvent(Id, 1, 0, 0) };
            if (Started is not null || State is RecordState.Running or RecordState.Succeeded or RecordState.Expired)
                events.Add(new StartedEvent(Id, events.Count + 1, Facts.Model, Facts.Version, Facts.Sampler, Facts.Steps, Facts.Seed));
            var next = events.Count + 1;
            GenerationEvent? end = State switch
            {
                RecordState.Succeeded or RecordState.Expired => new CompletedEvent(Id, next, QueueMilliseconds ?? 0, SampleMilliseconds ?? 0),
                RecordState.Failed => new FailedEvent(Id, next, Problem!, Detail ?? ""),
                RecordState.Canceled => new CanceledEvent(Id, next, CanceledEvent.Requested),
                _ => null,
            };
            if (end is not null) events.Add(end);
            return events;
        }
    }

    /// <summary>What is told beside its pictures.</summary>
    public GenerationFacts Facts => GenerationFacts.Of(Id, Request);
}
