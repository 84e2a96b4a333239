using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Batching;

/// <summary>
/// What rows must share to share a forward pass: the model version, the picture's shape and type, the network's
/// inputs, and how exact they must be. Sampler, steps, guidance and t are data of a row and never part of it.
/// </summary>
internal sealed record LaneKey(string Model, int Version, int Channels, int Height, int Width, string Type, bool HasLabels, bool HasMemory)
{
    /// <summary>Whether its batches have sizes that give the same bits whatever the neighbours.</summary>
    public bool IsStrict { get; init; }

    public static LaneKey Of(CheckpointManifest manifest, Determinism determinism = Determinism.Seeded)
    {
        var network = manifest.Network;
        return new(
            manifest.Model, manifest.Version, network.Channels, network.ImageSize, network.ImageSize, "float32",
            network.Classes is not null, network.Memory)
        { IsStrict = determinism == Determinism.Strict };
    }
}
