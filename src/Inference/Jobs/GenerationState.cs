using System.Text.Json.Serialization;

namespace Diffusion.Inference.Jobs;

/// <summary>Where a generation stands. The last three are final.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GenerationState>))]
public enum GenerationState
{
    /// <summary>Accepted, no row has run.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>At least one row has run.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>All pictures are done.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Stopped by an error of its own.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Stopped by the caller, or because a caller it was bound to went away.</summary>
    [JsonStringEnumMemberName("canceled")] Canceled,
}
