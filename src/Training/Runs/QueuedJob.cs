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

    /// <summary>Ran to its end.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Ended with an error.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Was taken back.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

/// <summary>A job of the queue.</summary>
/// <param name="Id">Its number as text; the queue is served in this order.</param>
/// <param name="Name">The job's own name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Submitted">When it came, UTC.</param>
/// <param name="Job">The job file as it was submitted.</param>
/// <param name="Ended">When it ended, UTC, or null.</param>
/// <param name="Version">The version it published, or null.</param>
/// <param name="Error">Why it failed, or null.</param>
public sealed record QueuedJob(
    string Id, string Name, QueuedJobState State, DateTimeOffset Submitted, string Job, DateTimeOffset? Ended = null, int? Version = null, string? Error = null)
{
    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore]
    public bool IsOver => State is not (QueuedJobState.Queued or QueuedJobState.Running);
}
