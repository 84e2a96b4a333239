using Diffusion.Checkpoints;

namespace Diffusion.Inference.Jobs;

/// <summary>[C, H, W] of one picture.</summary>
internal readonly record struct PictureShape(int Channels, int Height, int Width)
{
    /// <summary>The pictures of a model.</summary>
    public static PictureShape Of(CheckpointManifest manifest) => new(manifest.Network.Channels, manifest.Network.ImageSize, manifest.Network.ImageSize);

    public int Values => Channels * Height * Width;
}
