using Diffusion.Checkpoints;

namespace Diffusion.Inference.Models;

/// <summary>Versions that something outside of the engine still needs, such as a job that is not over.</summary>
/// <returns>Model, version, and the reason in a few words.</returns>
public delegate IEnumerable<(string Model, int Version, string Reason)> VersionHold();

/// <summary>Who still needs which version.</summary>
public sealed class VersionHolds(ModelRegistry registry, IEnumerable<VersionHold> holds)
{
    /// <summary>Why versions of a model are needed, by version: they serve, somebody has them, or one of the holds.</summary>
    public ILookup<int, string> Of(string model) => registry.InUse(model).Select(v => (Version: v, Reason: "in use"))
        .Concat(holds.SelectMany(h => h()).Where(h => h.Model == model).Select(h => (h.Version, h.Reason)))
        .ToLookup(h => h.Version, h => h.Reason);
}
