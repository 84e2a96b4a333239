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
/// <param name="Prediction">What its network says: epsilon, x0, v, residual, boundary or consistency.</param>
/// <param name="LearnedVariance">Whether its network says a variance for each pixel as well (improved DDPM).</param>
/// <param name="Schedule">Its noise schedule by name.</param>
/// <param name="TimeSteps">T of the schedule.</param>
/// <param name="Data">The data set it was trained on.</param>
/// <param name="DataSha256">SHA-256 of the manifest of that data set, which holds the digest of every file: the version of the data.</param>
/// <param name="DataImages">Images of that data set.</param>
/// <param name="ImagesSeen">Training images seen, repeats counted.</param>
/// <param name="Seed">Seed of the training, as text because JavaScript rounds numbers above 2^53.</param>
/// <param name="Parent">The version that its training began with, as <c>name@version</c>, or null.</param>
/// <param name="Parents">Every version that it came from, with its part in it: initial, teacher, average or imported.</param>
/// <param name="Job">The training job that made it, with the SHA-256 of its file, or null.</param>
/// <param name="Origin">The file that it was imported from: its SHA-256, length and name, and what the version was there; or null.</param>
/// <param name="Sampling">What a request gets that names no sampler, steps or guidance.</param>
/// <param name="Metrics">Measured quality by name: what its manifest says, and the latest of each figure that was attached since.</param>
/// <param name="Results">What was attached since it was published, in that order.</param>
/// <param name="ResultsProblem">Why further results are not believed, or null.</param>
/// <param name="Pinned">Whether retention leaves it alone because somebody said so.</param>
/// <param name="Files">SHA-256 and size of its files by name; together they are its identity.</param>
internal sealed record VersionResponse(
    string Model, int Version, IReadOnlyList<string> Aliases, DateTimeOffset Created, string Objective, Prediction Prediction, bool LearnedVariance, string Schedule, int TimeSteps,
    string Data, string DataSha256, long DataImages, long ImagesSeen, string Seed, string? Parent, IReadOnlyList<LineageLink> Parents, JobReference? Job, ImportOrigin? Origin,
    SamplingDefaults? Sampling, IReadOnlyDictionary<string, double> Metrics, IReadOnlyList<VersionResult> Results, string? ResultsProblem, bool Pinned,
    IReadOnlyDictionary<string, FileDigest> Files)
{
    /// <summary>The public view of a version.</summary>
    /// <param name="manifest">What it says of itself.</param>
    /// <param name="aliases">Those of its model.</param>
    /// <param name="results">What was measured of it.</param>
    /// <param name="pinned">Versions of its model that are pinned.</param>
    public static VersionResponse Of(CheckpointManifest manifest, IReadOnlyDictionary<string, int> aliases, VersionResults results, IReadOnlyList<int> pinned) => new(
        manifest.Model, manifest.Version, [.. aliases.Where(a => a.Value == manifest.Version).Select(a => a.Key).Order(StringComparer.Ordinal)],
        manifest.Created, manifest.Objective, manifest.Prediction, manifest.Network.LearnedVariance, manifest.Schedule.Name, manifest.Schedule.Steps,
        manifest.Data.Name, manifest.Data.Sha256, manifest.Data.Images, manifest.ImagesSeen, manifest.Seed.ToString(CultureInfo.InvariantCulture),
        manifest.Parent is { } parent ? string.Create(CultureInfo.InvariantCulture, $"{parent.Model}@{parent.Version}") : null,
        manifest.Ancestry, manifest.Job, manifest.Origin,
        manifest.Sampling, results.Latest(manifest.Metrics), results.Results, results.Problem, pinned.Contains(manifest.Version), manifest.Files);
}
