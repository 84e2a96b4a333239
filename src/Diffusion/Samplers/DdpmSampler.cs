using System.Collections.Immutable;
using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>Ancestral sampling of DDPM (Ho et al. 2020, algorithm 2), respaced for fewer steps (Nichol and Dhariwal 2021).</summary>
internal sealed class DdpmSampler : ISampler
{
    private const string Auto = "auto", Small = "small", Large = "large", Learned = "learned";

    private static readonly SamplerOption Variance = SamplerOption.Choice(
        "variance", [Auto, Small, Large, Learned],
        "Reverse variance: small is the posterior's, large is beta (Ho et al. 2020, section 3.2), learned is what a model that has one says of each pixel (Nichol and Dhariwal 2021, eq. 15); auto is learned for such a model and small for others.");

    public string Name => "ddpm";

    public string Summary => "The original stochastic sampler; best with many steps, up to the model's T.";

    public string Paper => "Ho, Jain, Abbeel 2020 (DDPM); Nichol, Dhariwal 2021";

    public string Equations => "algorithm 2; eq. 15 and section 4";

    public string UseWhen => "The variety of the trained chain matters more than time: hundreds of evaluations, and models with a learned variance.";

    public IReadOnlyList<SamplerOption> Options { get; } = [Variance, TimeSpacing.Option, CleanClip.Option];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        var clips = CleanClip.Clips(options);
        var variance = VarianceOf(model, options);
        var chain = new ReverseChain(model.Schedule, TimeSpacing.Choose(options.Choice(TimeSpacing.Option), model.Schedule, options.Steps));
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(chain.Count);
        for (var k = chain.Count - 1; k >= 0; k--)
        {
            var (p, q) = model.Prediction.ToClean(model.Schedule, chain.Time(k));
            var posterior = chain.Posterior(k);
            var (deviation, exponent) = k == 0 ? (0, 0) : Noise(chain, k, variance);
            rows.Add(new SamplerRow
            {
                TimeIndex = chain.Time(k) - 1,
                P = p,
                Q = q,
                ClipsClean = clips,
                A = posterior.NoisyWeight,
                B = posterior.CleanWeight,
                D = deviation,
                E = exponent,
                GuidesMean = true,
            });
        }
        rows[^1] = rows[^1].AsLast();
        return new SamplerTable(rows.MoveToImmutable(), model.Schedule.StartScale(chain.Time(chain.Count - 1)));
    }

    private static string VarianceOf(DenoiserTraits model, SamplingOptions options) => options.Choice(Variance) switch
    {
        Auto => model.LearnsVariance ? Learned : Small,
        Learned when !model.LearnsVariance => throw new SamplingOptionException("variance", "variance must be auto, small or large for this model: it has not learned one."),
        var asked => asked,
    };

    /// <summary>
    /// D and E. The logarithm of a learned variance is frac ln b + (1 - frac) ln bt~ with frac = (v + 1)/2: halfway between the bounds
    /// where v is 0, and a straight line in v.
    /// </summary>
    private static (double Deviation, double Exponent) Noise(ReverseChain chain, int k, string variance) => variance switch
    {
        Large => (Math.Sqrt(chain.Posterior(k).Beta), 0),
        Learned => (Math.Exp((chain.LogBeta(k) + chain.LogSmall(k)) / 4), (chain.LogBeta(k) - chain.LogSmall(k)) / 4),
        _ => (Math.Sqrt(chain.Posterior(k).Variance), 0),
    };
}
