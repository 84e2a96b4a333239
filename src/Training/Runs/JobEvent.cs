using System.Text.Json.Serialization;

namespace Diffusion.Training.Runs;

/// <summary>What can happen to a job.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobEventKind>))]
public enum JobEventKind
{
    /// <summary>It waits for its turn.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Its training begins, or goes on from a resume point.</summary>
    [JsonStringEnumMemberName("started")] Started,

    /// <summary>It was told to pause.</summary>
    [JsonStringEnumMemberName("paused")] Paused,

    /// <summary>It published a version.</summary>
    [JsonStringEnumMemberName("published")] Published,

    /// <summary>It ran to its end.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>It ended with an error.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>It was taken back.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
}

/// <summary>Something that happened to a job; kept with it.</summary>
/// <param name="Sequence">1, 2, 3 within the job.</param>
/// <param name="Kind">What.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Step">Steps done by then, where that is known.</param>
/// <param name="Version">The version that was published, or null.</param>
/// <param name="Detail">Why it failed, or null.</param>
public sealed record JobEvent(long Sequence, JobEventKind Kind, DateTimeOffset At, int? Step, int? Version, string? Detail)
{
    /// <summary>Whether nothing comes after it.</summary>
    [JsonIgnore]
    public bool IsFinal => Kind is JobEventKind.Succeeded or JobEventKind.Failed or JobEventKind.Cancelled;
}
