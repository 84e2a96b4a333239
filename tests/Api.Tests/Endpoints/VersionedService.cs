using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Endpoints;

/// <summary>The service with models of several versions.</summary>
public sealed class VersionedService : Service
{
    /// <summary>Three versions; each test has an alias of its own.</summary>
    public const string Ladder = "ladder";

    /// <summary>Two versions; the alias default is moved.</summary>
    public const string Swapped = "swapped";

    /// <summary>Three versions that are deleted.</summary>
    public const string Trash = "trash";

    /// <summary>The second version of two is damaged.</summary>
    public const string Damaged = "damaged";

    public VersionedService()
    {
        var store = new CheckpointStore(ModelsPath, TimeProvider.System);
        foreach (var (model, versions) in new[] { (Ladder, 3), (Swapped, 2), (Trash, 3), (Damaged, 2) })
            for (var version = 1; version <= versions; version++)
                TinyModels.Publish(store, model, seed: (ulong)version);
        var weights = store.Find(Damaged, "2")!.PathOf(CheckpointVersion.WeightsFile);
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
    }
}
