using Diffusion.Noise;
using Diffusion.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// The terms of the variational bound on -log p(x_0) (Ho et al. 2020, eq. 5; Nichol and Dhariwal 2021, eq. 4-7) over the steps of a
/// chain, in bits per number of the image: KL(q(x_s | x_t, x_0) || p(x_s | x_t)) of every step, the decoder's -log p(x_0 | x_t) for step 0,
/// and the prior's KL(q(x_T | x_0) || N(0, 1)), which no training changes.
/// </summary>
/// <remarks>
/// Both means are c1 x_0 + c2 x_t, with x_0 the image in one and its estimate in the other, so that only the difference of the two matters.
/// Everything runs in the type of the images.
/// </remarks>
/// <param name="schedule">Of the model.</param>
/// <param name="chain">The steps.</param>
/// <param name="cdf">How the mass of a level is computed in the decoder's term.</param>
internal sealed class VariationalBound(NoiseSchedule schedule, ReverseChain chain, NormalCdf cdf = NormalCdf.Exact)
{
    private static readonly Scalar BitsPerNat = 1 / Math.Log(2);

    /// <summary>ln of a learned variance, frac ln b + (1 - frac) ln bt~ with frac = (v + 1)/2, which nothing keeps in 0..1.</summary>
    /// <param name="v">The second half of the network's output, [B, C, H, W].</param>
    /// <param name="steps">The step of the chain that each image is at, from 0.</param>
    public Tensor LearnedLog(Tensor v, int[] steps)
    {
        var halves = Column(v, steps, k => (chain.LogBeta(k) - chain.LogSmall(k)) / 2);
        return v.mul(halves).add(Column(v, steps, k => (chain.LogBeta(k) + chain.LogSmall(k)) / 2));
    }

    /// <summary>ln bt~, the same for every pixel, [B, 1, 1, 1] like <paramref name="like"/>.</summary>
    public Tensor SmallLog(Tensor like, int[] steps) => Column(like, steps, chain.LogSmall);

    /// <summary>ln b, the same for every pixel, [B, 1, 1, 1] like <paramref name="like"/>.</summary>
    public Tensor LargeLog(Tensor like, int[] steps) => Column(like, steps, chain.LogLarge);

    /// <summary>The term of each image at its step, [B].</summary>
    /// <param name="clean">x_0, [B, C, H, W].</param>
    /// <param name="estimate">The estimate of x_0, [B, C, H, W].</param>
    /// <param name="log">ln of the model's variance, [B, C, H, W] or [B, 1, 1, 1].</param>
    /// <param name="steps">The step of the chain that each image is at, from 0.</param>
    public Tensor Terms(Tensor clean, Tensor estimate, Tensor log, int[] steps)
    {
        var difference = clean.sub(estimate).mul(Column(clean, steps, k => chain.Posterior(k).CleanWeight));
        var terms = GaussianTerms.Divergence(difference, SmallLog(clean, steps), log);
        // step 0 has the estimate itself for its mean
        if (steps.Contains(0)) terms = where(Column(clean, steps, k => k == 0 ? 1 : 0).to_type(ScalarType.Bool), GaussianTerms.LogLevel(clean, estimate, log, cdf).neg(), terms);
        return terms.flatten(1).mean([1L]).mul(BitsPerNat);
    }

    /// <summary>The prior's term of an image.</summary>
    public double Prior(ReadOnlySpan<float> clean)
    {
        var signal = schedule.AlphaBar(chain.Time(chain.Count - 1));
        double squares = 0;
        foreach (var value in clean) squares += (double)value * value;
        return (signal * squares / clean.Length - signal - double.LogP1(-signal)) / 2 / Math.Log(2);
    }

    private static Tensor Column(Tensor like, int[] steps, Func<int, double> of) =>
        tensor(Array.ConvertAll(steps, k => of(k)), [steps.Length, 1, 1, 1], dtype: like.dtype, device: like.device);
}
