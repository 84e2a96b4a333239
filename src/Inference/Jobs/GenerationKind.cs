using System.Text.Json.Serialization;

namespace Diffusion.Inference.Jobs;

/// <summary>What a generation makes. All kinds are rows of the same engine.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GenerationKind>))]
public enum GenerationKind
{
    /// <summary>Pictures from noise.</summary>
    [JsonStringEnumMemberName("generation")] Generation,

    /// <summary>Pictures from the states between two starts.</summary>
    [JsonStringEnumMemberName("interpolation")] Interpolation,

    /// <summary>The x_T of images.</summary>
    [JsonStringEnumMemberName("inversion")] Inversion,

    /// <summary>Images decoded again from their x_T.</summary>
    [JsonStringEnumMemberName("reconstruction")] Reconstruction,
}
