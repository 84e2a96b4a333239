using Diffusion.Networks;
using Diffusion.Training.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Mean squared error; Pseudo-Huber sqrt(d^2 + c^2) - c of every pixel (DDDM) or of an image's whole difference (improved consistency
/// training); or Pseudo-LPIPS, sqrt(L + c^2) - c of a perceptual distance L as the released code of DDDM computes it, where L is a sum of
/// squares already, or sqrt(L^2 + c^2) - c.
/// </summary>
internal sealed class Distance : IDisposable
{
    private readonly DistanceSettings settings;
    private readonly PerceptualNetwork? perceptual;
    private readonly Scalar square, minus;

    /// <param name="settings">Which distance.</param>
    /// <param name="perceptual">What Pseudo-LPIPS is measured with, else null; disposed with this.</param>
    public Distance(DistanceSettings settings, PerceptualNetwork? perceptual = null)
    {
        if (settings.Kind == DistanceSettings.PseudoLpips) ArgumentNullException.ThrowIfNull(perceptual);
        (this.settings, this.perceptual) = (settings, perceptual);
        (square, minus) = ((settings.C * settings.C).ToScalar(), (-settings.C).ToScalar());
    }

    /// <summary>Both [B, C, H, W]; a 0-dimensional mean.</summary>
    /// <param name="estimate">What the network says.</param>
    /// <param name="target">What it ought to say.</param>
    /// <param name="weights">One number an image, [B, 1, 1, 1]; null for 1.</param>
    public Tensor Mean(Tensor estimate, Tensor target, Tensor? weights = null)
    {
        var distances = perceptual is null ? Each(estimate.add(target, Scalars.MinusOne).square()) : Pseudo(Squares(perceptual.Between(estimate, target)));
        return (weights is null ? distances : distances.mul(weights)).mean();
    }

    /// <summary>[B, C, H, W], or [B, 1, 1, 1] where an image has one distance.</summary>
    private Tensor Each(Tensor squares)
    {
        if (settings.Kind == DistanceSettings.Mse) return squares;
        return Pseudo(settings.PerImage ? squares.sum([1L, 2L, 3L], keepdim: true) : squares);
    }

    private Tensor Squares(Tensor perceived) => settings.Squared ? perceived.square() : perceived;

    private Tensor Pseudo(Tensor squares) => squares.add(square).sqrt().add(minus);

    public void Dispose()
    {
        square.Dispose();
        minus.Dispose();
        perceptual?.Dispose();
    }
}
