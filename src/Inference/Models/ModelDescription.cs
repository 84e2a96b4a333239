using Diffusion.Checkpoints;

namespace Diffusion.Inference.Models;

/// <summary>A served model as callers see it.</summary>
/// <param name="Name">Model name.</param>
/// <param name="Version">The version that a request without a version gets.</param>
/// <param name="Versions">All whole versions, ascending.</param>
/// <param name="Aliases">Alias to version.</param>
/// <param name="Manifest">Manifest of <paramref name="Version"/>.</param>
/// <param name="Samplers">Samplers that can serve it.</param>
/// <param name="Loaded">The versions that are in memory, ascending.</param>
public sealed record ModelDescription(
    string Name, int Version, IReadOnlyList<int> Versions, IReadOnlyDictionary<string, int> Aliases,
    CheckpointManifest Manifest, IReadOnlyList<string> Samplers, IReadOnlyList<LoadedVersion> Loaded)
{
    /// <summary>Versions that are damaged or cannot be loaded, and why; nobody gets them unless by number.</summary>
    public IReadOnlyDictionary<int, string> Refused { get; init; } = new Dictionary<int, string>();

    /// <summary>Why the aliases may not be what they were, or null.</summary>
    public string? Problem { get; init; }
}
