using System.Text.Json.Serialization;
using Diffusion.Noise;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>What is measured, with every default filled in.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">The version, whatever was named by an alias.</param>
/// <param name="Data">The image set to compare with.</param>
/// <param name="Split">Which part of it.</param>
/// <param name="Samples">Pictures of each point, and images that its bound is of.</param>
/// <param name="Seed">Key of all noise.</param>
/// <param name="Metrics">What is measured; names of <see cref="Evaluation.MetricNames"/>.</param>
/// <param name="Features">What distances are measured in: <c>classifier</c> or <c>network</c>.</param>
/// <param name="Classifier">The classifier, or null.</param>
public sealed record EvaluationPlan(
    string Model, int Version, string Data, string Split, int Samples, ulong Seed, IReadOnlyList<string> Metrics, string Features, string? Classifier)
{
    /// <summary>How <c>nll</c> computes the mass of a level.</summary>
    public NormalCdf NllCdf { get; init; }

    /// <summary>In the features of the classifier.</summary>
    public const string ClassifierFeatures = "classifier";

    /// <summary>In the features of the TorchScript file of the settings.</summary>
    public const string NetworkFeatures = "network";

    /// <summary>Whether pictures are drawn at all.</summary>
    [JsonIgnore]
    public bool DrawsPictures => Metrics.Any(Evaluation.MetricNames.OfSamples.Contains);
}

/// <summary>One sampler at one step count, and what was measured of it.</summary>
/// <param name="Sampler">Sampler of the catalogue.</param>
/// <param name="Steps">Network evaluations a picture.</param>
/// <param name="Options">Sampler options by name.</param>
/// <param name="Guidance">Scale of classifier-free guidance; 1 is none.</param>
public sealed record EvaluationPoint(string Sampler, int Steps, IReadOnlyDictionary<string, string> Options, double Guidance)
{
    /// <summary>What steers its pictures besides.</summary>
    public Steering Steering { get; init; } = Steering.None;

    /// <summary>The figures by name, or null before they are there.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>How they came about: networks with their digests, images; what is attached to the version beside them.</summary>
    public IReadOnlyDictionary<string, string>? Settings { get; init; }

    /// <summary>When they were there, UTC.</summary>
    public DateTimeOffset? Measured { get; init; }
}
