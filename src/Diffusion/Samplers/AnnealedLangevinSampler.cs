using System.Collections.Immutable;
using System.Globalization;
using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>
/// Annealed Langevin dynamics (Song and Ermon 2019, algorithm 1; 2020): some Langevin steps at each of geometric noise levels, of length
/// k_i = c s_i^2 with one c for all, and at the end the estimate of the image. In y = x / alpha and s = sigma / alpha, where a
/// variance-preserving model is a noise-conditional one as well.
/// </summary>
/// <remarks>
/// The two papers write different things: 2019 y + k/2 score + sqrt(k) z with k = 2e-5 at s = 0.01, 2020 y + k score + sqrt(2k) z with
/// k = 6.2e-6. The same number in the other's formula is off by a factor of 2. Both numbers belong to the levels of their paper, 232 in 2020: where levels are
/// further apart the noise falls faster than such steps can follow, and the walk ends in noise. So the step is fitted to the levels (<see cref="LadderStep"/>) unless a
/// paper's is asked for. The walk of 2019 ends without the last estimate; here both
/// have it, and begin at normal noise of the highest level.
/// </remarks>
internal sealed class AnnealedLangevinSampler : ISampler
{
    private const string Fitted = "fitted", Later = "2020", First = "2019";

    /// <summary>k over the squared noise, as published.</summary>
    private const double OfLater = 0.062, OfFirst = 0.2;

    private static readonly SamplerOption Convention = SamplerOption.Choice(
        "convention", [Fitted, Later, First],
        "Which step: 2020 is y + k score + sqrt(2k) z, 2019 is y + k/2 score + sqrt(k) z, each with its paper's k; fitted is that of 2020 with k for the levels at hand (its technique 4).");

    private static readonly SamplerOption PerLevel = SamplerOption.Choice(
        "per-level", ["5", "1", "2", "10", "20", "100"], "Langevin steps at each noise level, each of them an evaluation: 5 in 2020, 100 in 2019.");

    private static readonly SamplerOption Step = SamplerOption.Number(
        "step-size", 0, 0, 0.5, "k over the squared noise of its level; 0 takes that of the convention: 0.062 (2020: 6.2e-6 at 0.01), 0.2 (2019: 2e-5 at 0.01), or the fitted one.");

    public string Name => "ald";

    public string Summary => "Langevin steps at falling noise levels, the first sampler of score models; hundreds of evaluations.";

    public string Paper => "Song and Ermon 2019 (NCSN), 2020 (NCSNv2)";

    public string Equations => "algorithm 1 of both, technique 4";

    public string UseWhen => "Comparison with the noise-conditional score models it was published for; pc and ddim give better pictures for the same evaluations.";

    public IReadOnlyList<SamplerOption> Options { get; } = [Convention, PerLevel, Step, CleanClip.Option];

    public string? Refuses(DenoiserTraits model) => Score.Missing(Name, model);

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        TimeSpacing.Check(model.Schedule.Steps, options.Steps);
        var convention = options.Choice(Convention);
        var (each, langevin) = (int.Parse(options.Choice(PerLevel), CultureInfo.InvariantCulture), options.Steps - 1);
        var levels = TimeSpacing.Choose(TimeSpacing.LogSnr, model.Schedule, Math.Max(1, (langevin + each - 1) / each));
        var step = options.Number(Step) is > 0 and var asked ? asked : convention switch { First => OfFirst, Later => OfLater, _ => Fit(model.Schedule, levels, each) };
        return Table(model, levels, each, langevin, convention == First ? step / 2 : step, CleanClip.Clips(options));
    }

    private static double Fit(NoiseSchedule schedule, int[] levels, int each)
    {
        // a level alone follows none that it could be fitted to
        if (levels.Length == 1) return OfLater;
        var ratio = Math.Sqrt(schedule.SignalToNoise(levels[0]) / schedule.SignalToNoise(levels[^1]));
        return LadderStep.Best(Math.Pow(ratio, 1.0 / (levels.Length - 1)), each);
    }

    /// <summary>The rows down the given levels.</summary>
    /// <param name="model">The model.</param>
    /// <param name="levels">Times, ascending.</param>
    /// <param name="each">Langevin steps of each level; the first has what is left over.</param>
    /// <param name="langevin">Langevin steps in all.</param>
    /// <param name="pull">Weight of the score over the squared noise: k of 2020, k/2 of 2019.</param>
    /// <param name="clips">Whether x0 is clipped.</param>
    internal static SamplerTable Table(DenoiserTraits model, int[] levels, int each, int langevin, double pull, bool clips)
    {
        var (schedule, last) = (model.Schedule, levels.Length - 1);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(langevin + 1);
        for (var k = last; k >= 0; k--)
        {
            var here = k == last ? langevin - each * last : each;
            for (var i = 0; i < here; i++) rows.Add(Walk(model, levels[k], i + 1 == here && k > 0 ? levels[k - 1] : levels[k], pull, clips));
        }
        rows.Add(Walk(model, levels[0], levels[0], pull, clips).AsLast());
        return new SamplerTable(rows.MoveToImmutable(), schedule.StartScale(levels[^1]));
    }

    /// <summary>A step at t, left at the scale that x has at <paramref name="next"/>: y + c (x_0 - y) + sqrt(2c) s z.</summary>
    private static SamplerRow Walk(DenoiserTraits model, int t, int next, double pull, bool clips)
    {
        var schedule = model.Schedule;
        var scale = schedule.Alpha(next) / schedule.Alpha(t);
        return Score.Row(model, t, scale, scale * pull * schedule.Variance(t), clips) with { D = scale * schedule.Sigma(t) * Math.Sqrt(2 * pull) };
    }
}
