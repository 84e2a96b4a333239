using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Mean squared error, or Pseudo-Huber sqrt(d^2 + c^2) - c of every pixel (DDDM) or of an image's whole difference
/// (improved consistency training).
/// </summary>
internal sealed class Distance : IDisposable
{
    private readonly DistanceSettings settings;
    private readonly Scalar square, minus;

    public Distance(DistanceSettings settings)
    {
        this.settings = settings;
        (square, minus) = ((settings.C * settings.C).ToScalar(), (-settings.C).ToScalar());
    }

    /// <summary>Both [B, C, H, W]; a 0-dimensional mean.</summary>
    public Tensor Mean(Tensor estimate, Tensor target)
    {
        var squares = estimate.add(target, Scalars.MinusOne).square();
        if (settings.Kind == DistanceSettings.Mse) return squares.mean();
        if (settings.PerImage) squares = squares.sum([1L, 2L, 3L]);
        return squares.add(square).sqrt().add(minus).mean();
    }

    public void Dispose()
    {
        square.Dispose();
        minus.Dispose();
    }
}
