using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Samplers;

namespace Diffusion.Api.Contracts;

/// <summary>One immutable version of a model.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Its number; <c>name@3</c> asks for it.</param>
/// <param name="Aliases">The aliases that stand on it.</param>
/// <param name="Created">When it was published, UTC.</param>
/// <param name="Objective">What it was trained for.</param>
/// <param name="Prediction">What its network says: epsilon, x0, v or residual.</param>
/// <param name="Schedule">Its noise schedule by name.</param>
/// <param name="TimeSteps">T of the schedule.</param>
/// <param name="Data">The data set it was trained on.</param>
/// <param name="ImagesSeen">Training images seen, repeats counted.</param>
/// <param name="Seed">Seed of the training, as text because JavaScript rounds numbers above 2^53.</param>
/// <param name="Parent">The version that its training began with, as <c>name@version</c>, or null.</param>
/// <param name="Sampling">What a request gets that names no sampler, steps or guidance.</param>
/// <param name="Metrics">Measured quality by name.</param>
/// <param name="Files">SHA-256 and size of its files by name; together they are its identity.</param>
internal sealed record VersionResponse(
    string Model, int Version, IReadOnlyList<string> Aliases, DateTimeOffset Created, string Objective, Prediction Prediction, string Schedule, int TimeSteps,
    string Data, long ImagesSeen, string Seed, string? Parent, SamplingDefaults? Sampling,
    IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, FileDigest> Files)
{
    /// <summary>The public view of a version.</summary>
    public static VersionResponse Of(CheckpointManifest manifest, IReadOnlyDictionary<string, int> aliases) => new(
        manifest.Model, manifest.Version, [.. aliases.Where(a => a.Value == manifest.Version).Select(a => a.Key).Order(StringComparer.Ordinal)],
        manifest.Created, manifest.Objective, manifest.Prediction, manifest.Schedule.Name, manifest.Schedule.Steps,
        manifest.Data.Name, manifest.ImagesSeen, manifest.Seed.ToString(CultureInfo.InvariantCulture),
        manifest.Parent is { } parent ? string.Create(CultureInfo.InvariantCulture, $"{parent.Model}@{parent.Version}") : null,
        manifest.Sampling, manifest.Metrics, manifest.Files);
}
