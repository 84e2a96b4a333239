using System.Collections.Immutable;
using Diffusion.Guidance;

namespace Diffusion.Samplers;

/// <summary>DDIM (Song et al. 2021, eq. 12 and 16): eta 0 is deterministic, eta 1 has the noise of DDPM.</summary>
internal sealed class DdimSampler : ISampler
{
    internal static readonly SamplerOption Eta =
        SamplerOption.Number("eta", 0, 0, 1, "Noise added at each step as a share of DDPM's standard deviation; 0 is deterministic.");

    public string Name => "ddim";

    public string Summary => "Deterministic few-step sampling of any model; 20 to 50 steps is the usual range.";

    public string Paper => "Song, Meng, Ermon 2021 (DDIM)";

    public string Equations => "eq. 12 and 16";

    public string UseWhen => "Any model at 20 to 50 evaluations, and whenever an image is inverted or two are interpolated.";

    public IReadOnlyList<SamplerOption> Options { get; } = [Eta, TimeSpacing.Option, CleanClip.Option];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        var eta = options.Number(Eta);
        var times = Times(model, options);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        for (var k = times.Length - 1; k >= 0; k--) rows.Add(Step(model, k == 0 ? 0 : times[k - 1], times[k], eta, CleanClip.Clips(options)));
        return new SamplerTable(rows.MoveToImmutable(), model.Schedule.StartScale(times[^1]));
    }

    /// <summary>The times that are visited, ascending.</summary>
    internal static int[] Times(DenoiserTraits model, SamplingOptions options) =>
        TimeSpacing.Choose(options.Choice(TimeSpacing.Option), model.Schedule, options.Steps);

    /// <summary>From t down to s: x_s = alpha_s x0 + sqrt(sigma_s^2 - sd^2) eps + sd z, eps taken from the (clipped) x0.</summary>
    internal static SamplerRow Step(DenoiserTraits model, int s, int t, double eta, bool clips = true)
    {
        var schedule = model.Schedule;
        var (p, q) = model.Prediction.ToClean(schedule, t);
        var row = new SamplerRow { TimeIndex = t - 1, P = p, Q = q, ClipsClean = clips, G = ClassifierGuidance.CleanWeight(schedule, t) };
        if (s == 0) return row.AsLast();
        double at = schedule.AlphaBar(t), before = schedule.AlphaBar(s), noise = schedule.Variance(t), left = schedule.Variance(s);
        var sd = eta * Math.Sqrt(left / noise) * Math.Sqrt(schedule.AddedVariance(s, t));
        // sigma_s^2 - sd^2 with the subtraction carried out on paper: at the noisy end its difference has no digits left
        var kept = 1 - eta * eta + eta * eta * at * left / (before * noise);
        var direction = Math.Sqrt(left * kept) / schedule.Sigma(t);
        return row with { A = direction, B = schedule.Alpha(s) - direction * schedule.Alpha(t), D = sd };
    }
}
