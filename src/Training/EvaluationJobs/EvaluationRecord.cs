using System.Text.Json.Serialization;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>Where an evaluation stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EvaluationState>))]
public enum EvaluationState
{
    /// <summary>Waits for its turn.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Is being measured; after a restart it goes on with the pictures that it has.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>Every point is measured and attached to the version.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Ended with an error; the points before it are attached.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Was taken back; the points before that are attached.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

/// <summary>An evaluation of a version: several samplers at several step counts.</summary>
/// <param name="Id">Unique, sorts by time of arrival.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Submitted">When it came, UTC.</param>
/// <param name="Plan">What is measured.</param>
/// <param name="Points">Each sampler at each step count.</param>
public sealed record EvaluationRecord(string Id, EvaluationState State, DateTimeOffset Submitted, EvaluationPlan Plan, IReadOnlyList<EvaluationPoint> Points)
{
    /// <summary>When it first ran, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore]
    public bool IsOver => State is EvaluationState.Succeeded or EvaluationState.Failed or EvaluationState.Cancelled;

    /// <summary>Points that are measured.</summary>
    [JsonIgnore]
    public int Done => Points.Count(p => p.Metrics is not null);
}
