using Diffusion.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>Divergences and likelihoods of normal distributions, element by element, in nats. l is the logarithm of a variance.</summary>
internal static class GaussianTerms
{
    private const double HalfBin = 1.0 / 255, LowestLevel = -0.999, HighestLevel = 0.999;

    private static readonly Scalar One = 1.0, Half = 0.5, MinusHalf = -0.5, Bin = HalfBin, MinusBin = -HalfBin, First = LowestLevel, Last = HighestLevel, Least = 1e-12;

    /// <summary>KL(N(m1, e^l1) || N(m2, e^l2)) = (e^(l1 - l2) - 1 - (l1 - l2) + (m1 - m2)^2 e^-l2) / 2.</summary>
    /// <param name="difference">m1 - m2.</param>
    /// <param name="l1">Of the first.</param>
    /// <param name="l2">Of the second.</param>
    public static Tensor Divergence(Tensor difference, Tensor l1, Tensor l2)
    {
        var log = l1.sub(l2);
        // expm1 keeps the digits where the two are nearly one
        return log.expm1().sub(log).add(difference.square().mul(l2.neg().exp()), One).mul(Half);
    }

    /// <summary>
    /// ln P of one of the 256 levels of an image in [-1, 1] under a normal distribution: its mass on the level's bin of width 2/255, the
    /// first and the last bin open to the outside (Ho et al. 2020, eq. 13). Each mass is taken for at least 1e-12.
    /// </summary>
    /// <param name="level">The image.</param>
    /// <param name="mean">Of the distribution.</param>
    /// <param name="l">Of the distribution.</param>
    /// <param name="cdf">How a mass is computed.</param>
    public static Tensor LogLevel(Tensor level, Tensor mean, Tensor l, NormalCdf cdf = NormalCdf.Exact)
    {
        var (centred, scale) = (level.sub(mean), l.mul(MinusHalf).exp());
        // either side of the mean is alike: on the right one a small mass is no difference of two that are nearly 1
        var away = centred.abs();
        var inner = cdf.Above(away.add(MinusBin).mul(scale)).sub(cdf.Above(away.add(Bin).mul(scale)));
        Tensor first = cdf.Above(centred.add(Bin).mul(scale).neg()), last = cdf.Above(centred.add(MinusBin).mul(scale));
        return where(level.lt(First), first, where(level.gt(Last), last, inner)).clamp_min(Least).log();
    }
}
