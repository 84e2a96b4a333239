using System.Text.Json.Serialization;
using Diffusion.Guidance;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>What steers pictures beside the scale of their guidance.</summary>
public sealed record Steering
{
    /// <summary>Nothing does.</summary>
    public static Steering None { get; } = new();

    /// <summary>phi of guidance rescale (Lin et al. 2023), 0..1; 0 is none.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>eta of adaptive projected guidance (Sadat et al. 2025), 0..1; 1 keeps all.</summary>
    public double GuidanceParallel { get; init; } = GuidanceProjection.Whole;

    /// <summary>The percentile of dynamic thresholding (Saharia et al. 2022) as a share, 0..1; null clips as the sampler does.</summary>
    public double? DynamicThreshold { get; init; }

    /// <summary>The noisy classifier that guides, or null.</summary>
    public GuidingVersion? Classifier { get; init; }
}

/// <summary>A version of a noisy classifier that guides pictures to their labels.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Version">The version, whatever was named by an alias.</param>
/// <param name="Scale">s, from 0; 0 is none.</param>
public sealed record GuidingVersion(string Model, int Version, double Scale)
{
    /// <summary>As requests name it, <c>NAME@3</c>.</summary>
    [JsonIgnore]
    public string Reference => FormattableString.Invariant($"{Model}@{Version}");
}
