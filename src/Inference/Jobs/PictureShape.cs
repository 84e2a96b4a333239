namespace Diffusion.Inference.Jobs;

/// <summary>[C, H, W] of one picture.</summary>
internal readonly record struct PictureShape(int Channels, int Height, int Width)
{
    public int Values => Channels * Height * Width;
}
