using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>Ancestral sampling of DDPM (Ho et al. 2020, algorithm 2), respaced for fewer steps (Nichol and Dhariwal 2021).</summary>
internal sealed class DdpmSampler : ISampler
{
    private const string Small = "small", Large = "large";

    private static readonly SamplerOption Variance = SamplerOption.Choice(
        "variance", [Small, Large], "Reverse variance: small is the posterior's, large is beta (Ho et al. 2020, section 3.2).");

    public string Name => "ddpm";

    public string Summary => "The original stochastic sampler; best with many steps, up to the model's T.";

    public string Reference => "Ho, Jain, Abbeel 2020, algorithm 2";

    public IReadOnlyList<SamplerOption> Options { get; } = [Variance, TimeSpacing.Option, CleanClip.Option];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        var schedule = model.Schedule;
        var clips = CleanClip.Clips(options);
        var large = options.Choice(Variance) == Large;
        var times = TimeSpacing.Choose(options.Choice(TimeSpacing.Option), schedule.Steps, options.Steps);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        for (var k = times.Length - 1; k >= 0; k--)
        {
            int t = times[k], s = k == 0 ? 0 : times[k - 1];
            var (p, q) = model.Prediction.ToClean(schedule, t);
            var posterior = schedule.PosteriorBetween(s, t);
            rows.Add(new SamplerRow
            {
                TimeIndex = t - 1,
                P = p,
                Q = q,
                ClipsClean = clips,
                A = posterior.NoisyWeight,
                B = posterior.CleanWeight,
                D = s == 0 ? 0 : Math.Sqrt(large ? posterior.Beta : posterior.Variance),
            });
        }
        rows[^1] = rows[^1].AsLast();
        return new SamplerTable(rows.MoveToImmutable(), schedule.StartScale(times[^1]));
    }
}
