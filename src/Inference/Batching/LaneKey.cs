using Diffusion.Checkpoints;

namespace Diffusion.Inference.Batching;

/// <summary>
/// What rows must share to share a forward pass: the model version, the picture's shape and type, and the network's
/// inputs. Sampler, steps, guidance and t are data of a row and never part of it.
/// </summary>
internal sealed record LaneKey(string Model, int Version, int Channels, int Height, int Width, string Type, bool HasLabels, bool HasMemory)
{
    public static LaneKey Of(CheckpointManifest manifest)
    {
        var network = manifest.Network;
        return new(
            manifest.Model, manifest.Version, network.Channels, network.ImageSize, network.ImageSize, "float32",
            network.Classes is not null, network.Memory);
    }
}
