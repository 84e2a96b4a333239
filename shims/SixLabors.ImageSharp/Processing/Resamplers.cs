namespace SixLabors.ImageSharp.Processing.Processors.Transforms;

/// <summary>A kernel of interpolation.</summary>
public interface IResampler
{
    /// <summary>Beyond this distance the kernel is 0, in source pixels.</summary>
    float Radius { get; }

    /// <summary>The weight of a source pixel at this distance.</summary>
    float GetValue(float x);
}

/// <summary>Cubic convolution with a = -1/2 (Keys 1981, equation 15).</summary>
internal sealed class BicubicResampler : IResampler
{
    public float Radius => 2;

    public float GetValue(float x)
    {
        x = MathF.Abs(x);
        if (x <= 1) return (((1.5f * x) - 2.5f) * x * x) + 1;
        return x < 2 ? (((((-.5f * x) + 2.5f) * x) - 4) * x) + 2 : 0;
    }
}

/// <summary>sinc(x) sinc(x/3) (Duchon 1979).</summary>
internal sealed class Lanczos3Resampler : IResampler
{
    public float Radius => 3;

    public float GetValue(float x) => MathF.Abs(x) < 3 ? Sinc(x) * Sinc(x / 3) : 0;

    private static float Sinc(float x) => MathF.Abs(x) < 1e-6f ? 1 : MathF.Sin(MathF.PI * x) / (MathF.PI * x);
}

/// <summary>The pixel that covers the position.</summary>
internal sealed class NearestNeighborResampler : IResampler
{
    public float Radius => 1;

    public float GetValue(float x) => x;
}
