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
    /// <param name="estimate">What the network says.</param>
    /// <param name="target">What it ought to say.</param>
    /// <param name="weights">One number an image, [B, 1, 1, 1]; null for 1.</param>
    public Tensor Mean(Tensor estimate, Tensor target, Tensor? weights = null)
    {
        var distances = Each(estimate.add(target, Scalars.MinusOne).square());
        return (weights is null ? distances : distances.mul(weights)).mean();
    }

    /// <summary>[B, C, H, W], or [B, 1, 1, 1] where an image has one distance.</summary>
    private Tensor Each(Tensor squares)
    {
        if (settings.Kind == DistanceSettings.Mse) return squares;
        if (settings.PerImage) squares = squares.sum([1L, 2L, 3L], keepdim: true);
        return squares.add(square).sqrt().add(minus);
    }

    public void Dispose()
    {
        square.Dispose();
        minus.Dispose();
    }
}
