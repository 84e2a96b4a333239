using System.Text.Json.Serialization;

namespace Diffusion.Inference.Jobs;

/// <summary>How exactly a seed fixes a picture.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Determinism>))]
public enum Determinism
{
    /// <summary>The same picture up to the rounding of kernels, which may depend on what else is in the batch.</summary>
    [JsonStringEnumMemberName("seeded")] Seeded,

    /// <summary>The same bits whatever else is in the batch; slower, because such rows share batches with their like only.</summary>
    [JsonStringEnumMemberName("strict")] Strict,
}
