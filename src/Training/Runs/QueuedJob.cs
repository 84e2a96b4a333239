using System.Text.Json.Serialization;

namespace Diffusion.Training.Runs;

/// <summary>Where a job of the queue stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QueuedJobState>))]
public enum QueuedJobState
{
    /// <summary>Waits for its turn.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Is being trained; after a restart it goes on from its last resume point.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>Waits for somebody to resume it.</summary>
    [JsonStringEnumMemberName("paused")] Paused,

    /// <summary>Ran to its end.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Ended with an error.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Was taken back.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

/// <summary>A job of the queue.</summary>
/// <param name="Id">Its number as text, in the order of arrival.</param>
/// <param name="Name">The job's own name, and that of its run.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Submitted">When it came, UTC.</param>
/// <param name="Job">The job file as it was submitted.</param>
/// <param name="Ended">When it ended, UTC, or null.</param>
/// <param name="Version">The newest version it published, or null.</param>
/// <param name="Error">Why it failed, or null.</param>
public sealed record QueuedJob(
    string Id, string Name, QueuedJobState State, DateTimeOffset Submitted, string Job, DateTimeOffset? Ended = null, int? Version = null, string? Error = null)
{
    /// <summary>The model that gets its versions.</summary>
    public string Model { get; init; } = "";

    /// <summary>What is learned: <c>ddpm</c>, <c>dddm</c>, <c>classifier</c>.</summary>
    public string Objective { get; init; } = "";

    /// <summary>The highest goes first; among equals, who came first.</summary>
    public int Priority { get; init; }

    /// <summary>When it first ran, UTC, or null.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Steps done when it last stopped.</summary>
    public int? Step { get; init; }

    /// <summary>Steps of the whole run, once it has started.</summary>
    public int? Steps { get; init; }

    /// <summary>Bytes of the files that keep the memory of DDDM; 0 for a job without.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Every version it published, oldest first.</summary>
    public IReadOnlyList<PublishedVersion> Versions { get; init; } = [];

    /// <summary>What happened to it, oldest first; the last <see cref="MostEvents"/>.</summary>
    public IReadOnlyList<JobEvent> Events { get; init; } = [];

    /// <summary>How many events are kept.</summary>
    public const int MostEvents = 1000;

    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore]
    public bool IsOver => State is QueuedJobState.Succeeded or QueuedJobState.Failed or QueuedJobState.Cancelled;

    internal QueuedJob With(JobEventKind kind, DateTimeOffset at, int? step = null, int? version = null, string? detail = null)
    {
        var happened = new JobEvent(Events.Count == 0 ? 1 : Events[^1].Sequence + 1, kind, at, step, version, detail);
        return this with { Events = [.. Events.Skip(Math.Max(0, Events.Count + 1 - MostEvents)), happened] };
    }
}

/// <summary>A version that a job published.</summary>
/// <param name="Step">Steps done by then.</param>
/// <param name="Version">Its number within the model.</param>
/// <param name="At">When, UTC.</param>
public sealed record PublishedVersion(int Step, int Version, DateTimeOffset At);
