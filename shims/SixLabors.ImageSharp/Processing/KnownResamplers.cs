using SixLabors.ImageSharp.Processing.Processors.Transforms;

namespace SixLabors.ImageSharp.Processing;

/// <summary>The kernels to choose from.</summary>
public static class KnownResamplers
{
    public static IResampler Bicubic { get; } = new BicubicResampler();

    public static IResampler Lanczos3 { get; } = new Lanczos3Resampler();

    public static IResampler NearestNeighbor { get; } = new NearestNeighborResampler();
}
