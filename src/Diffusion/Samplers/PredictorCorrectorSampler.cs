using System.Collections.Immutable;
using System.Globalization;

namespace Diffusion.Samplers;

/// <summary>
/// Predictor-corrector sampling (Song et al. 2021, algorithms 2 and 3): at each time some steps of Langevin dynamics (algorithms 4 and 5),
/// then one step of the reverse SDE. The last step leaves out its noise.
/// </summary>
/// <remarks>
/// With M corrector steps N times are N (M + 1) evaluations. Where the evaluations do not divide so, the first time, which is noise anyway,
/// has fewer of them. All last steps end in the estimate of the image; the reverse diffusion of a variance-preserving schedule would keep
/// 1 - alpha_1 of the noise in it, 5e-5 of it on the usual ones.
/// </remarks>
internal sealed class PredictorCorrectorSampler : ISampler
{
    private const string ReverseDiffusion = "reverse-diffusion", Ancestral = "ancestral";

    private static readonly SamplerOption Predictor = SamplerOption.Choice(
        "predictor", [ReverseDiffusion, Ancestral],
        "How a step goes down: reverse-diffusion takes the reverse SDE in the steps of the forward one (Song et al. 2021, eq. 46), ancestral is that of the chain (eq. 4, and eq. 47 where variance explodes).");

    private static readonly SamplerOption Corrector = SamplerOption.Choice(
        "corrector", ["1", "0", "2"], "Langevin steps at each time, each of them an evaluation; 0 leaves the predictor alone.");

    private static readonly SamplerOption SignalToNoise = SamplerOption.Number(
        "snr", 0.16, 0.001, 0.5, "How far a Langevin step goes, r in k = 2 alpha (r |z| / |score|)^2, with the norms of each picture by itself; the paper has 0.16 where variance explodes and less where it does not.");

    public string Name => "pc";

    public string Summary => "Stochastic sampling down the reverse SDE, with Langevin steps that mend each time; 100 evaluations and more.";

    public string Paper => "Song et al. 2021 (score SDE)";

    public string Equations => "algorithms 2 to 5, eq. 46 and 47";

    public string UseWhen => "The variety of the reverse SDE at hundreds of evaluations, above all from models whose variance explodes.";

    public IReadOnlyList<SamplerOption> Options { get; } = [Predictor, Corrector, SignalToNoise, TimeSpacing.Option, CleanClip.Option];

    public string? Refuses(DenoiserTraits model) => Score.Missing(Name, model);

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        TimeSpacing.Check(model.Schedule.Steps, options.Steps);
        var (corrections, clips) = (int.Parse(options.Choice(Corrector), CultureInfo.InvariantCulture), CleanClip.Clips(options));
        var count = (options.Steps + corrections) / (corrections + 1);
        var times = TimeSpacing.Choose(options.Choice(TimeSpacing.Option), model.Schedule, count);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(options.Steps);
        for (var k = count - 1; k >= 0; k--)
        {
            var s = k == 0 ? 0 : times[k - 1];
            var correct = Correct(model, s, times[k], options.Number(SignalToNoise), clips);
            var here = k == count - 1 ? options.Steps - count - corrections * (count - 1) : corrections;
            for (var i = 0; i < here; i++) rows.Add(correct);
            rows.Add(Predict(model, s, times[k], options.Choice(Predictor) == Ancestral, clips));
        }
        return new SamplerTable(rows.MoveToImmutable(), model.Schedule.StartScale(times[^1]));
    }

    /// <summary>
    /// From t down to s, b the variance that the way up adds. Variance-preserving: (2 - sqrt(1 - b)) x + b score, or (x + b score) / sqrt(1 - b),
    /// with noise of variance b. Variance-exploding: x + b score, with noise of variance b, or b sigma_s^2 / sigma_t^2.
    /// </summary>
    internal static SamplerRow Predict(DenoiserTraits model, int s, int t, bool ancestral, bool clips)
    {
        var schedule = model.Schedule;
        var added = schedule.AddedVariance(s, t);
        var kept = schedule.Alpha(t) / schedule.Alpha(s);
        var scale = ancestral ? 1 / kept : 1;
        var row = Score.Row(model, t, ancestral ? scale : 2 - kept, scale * added, clips);
        if (s == 0) return row.AsLast();
        var variance = ancestral && schedule.IsVarianceExploding ? added * schedule.Variance(s) / schedule.Variance(t) : added;
        return row with { D = Math.Sqrt(variance) };
    }

    /// <summary>One Langevin step at t; alpha is 1 where variance explodes, and else 1 - b of the step down to s.</summary>
    internal static SamplerRow Correct(DenoiserTraits model, int s, int t, double ratio, bool clips)
    {
        var kept = model.Schedule.AlphaBar(t) / model.Schedule.AlphaBar(s);
        return Score.Row(model, t, 0, 1, clips) with { D = 1, F = ratio * Math.Sqrt(2 * kept) };
    }
}
