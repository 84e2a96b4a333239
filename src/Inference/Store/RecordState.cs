using System.Text.Json.Serialization;

namespace Diffusion.Inference.Store;

/// <summary>Where a durable generation stands. The last four are final.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordState>))]
public enum RecordState
{
    /// <summary>Accepted, no row has run.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>At least one row has run; after a restart it begins anew, with the same pictures.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>All pictures are done.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Stopped by an error of its own.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Stopped by the caller.</summary>
    [JsonStringEnumMemberName("canceled")] Canceled,

    /// <summary>Succeeded, and its result was removed for its age or for room.</summary>
    [JsonStringEnumMemberName("expired")] Expired,
}
