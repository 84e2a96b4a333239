using static TorchSharp.torch;

namespace Diffusion.Samplers;

/// <summary>
/// One step of Langevin dynamics with the length that a signal-to-noise ratio gives it (Song et al. 2021, algorithms 4 and 5). The norms are
/// those of each picture by itself, where the authors take the mean over a batch: what else is in a batch changes no picture.
/// </summary>
public static class LangevinStep
{
    /// <summary>x + k g + sqrt(2 k) z with k = F^2 |z|^2 / |g|^2; the norms in float64.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="direction">g, such as the score, of the same shape.</param>
    /// <param name="noise">z, of the same shape.</param>
    /// <param name="ratio">F of each, [N], float64.</param>
    public static Tensor Move(Tensor x, Tensor direction, Tensor noise, Tensor ratio)
    {
        // k, and the weight of z beside it, are rounded once: both are one number a picture
        var step = ratio.square().mul(SquaredNorm(noise)).div(SquaredNorm(direction)).view(-1, 1, 1, 1);
        var length = step.to_type(x.dtype);
        return x.add(direction.mul(length)).add(noise.mul(step.add(step).sqrt().to_type(x.dtype)));
    }

    private static Tensor SquaredNorm(Tensor values) => values.to_type(ScalarType.Float64).square().flatten(1).sum(1);
}
