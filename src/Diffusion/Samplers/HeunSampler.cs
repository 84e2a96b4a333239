using System.Collections.Immutable;
using Diffusion.Guidance;

namespace Diffusion.Samplers;

/// <summary>
/// Heun's method on the probability-flow ODE (Karras et al. 2022, algorithm 1): each step goes as <see cref="EulerSampler"/> does, evaluates
/// again where it arrives, and goes with the mean of both slopes. The last step, to the image, is Euler's.
/// </summary>
/// <remarks>
/// N steps are 2N - 1 evaluations. An even number of evaluations leaves the first step, where the way is straightest, to Euler. With
/// <see cref="Churn"/> it is the paper's stochastic sampler (algorithm 2).
/// </remarks>
internal sealed class HeunSampler : ISampler
{
    public string Name => "heun";

    public string Summary => "Second-order deterministic sampling with two evaluations a step; 18 to 80 evaluations is the usual range.";

    public string Paper => "Karras et al. 2022 (EDM)";

    public string Equations => "algorithms 1 and 2, eq. 5";

    public string UseWhen => "40 evaluations or more, where the solution of the probability-flow ODE itself is wanted.";

    public IReadOnlyList<SamplerOption> Options { get; } = [TimeSpacing.ByRatio, CleanClip.Option, .. Churn.Options];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        TimeSpacing.Check(model.Schedule.Steps, options.Steps);
        var times = TimeSpacing.Choose(options.Choice(TimeSpacing.ByRatio), model.Schedule, options.Steps / 2 + 1);
        return Table(model, times, CleanClip.Clips(options), correctsFirst: options.Steps % 2 == 1, Churn.Of(options));
    }

    /// <summary>The rows down the given times (ascending).</summary>
    internal static SamplerTable Table(DenoiserTraits model, int[] times, bool clips, bool correctsFirst, Churn churn)
    {
        var rows = ImmutableArray.CreateBuilder<SamplerRow>();
        var from = times[^1];
        for (var k = times.Length - 1; k > 0; k--)
        {
            var raised = churn.Raise(model.Schedule, times[k - 1], times.Length);
            rows.Add(DdimSampler.Step(model, times[k - 1], from, eta: 0, clips));
            if (k < times.Length - 1 || correctsFirst) rows.Add(Correct(model, times[k - 1], from, clips));
            rows[^1] = churn.After(rows[^1], model.Schedule, times[k - 1], raised);
            from = raised;
        }
        rows.Add(DdimSampler.Step(model, 0, from, eta: 0, clips));
        return new SamplerTable(rows.ToImmutable(), model.Schedule.StartScale(times[^1]));
    }

    /// <summary>
    /// At s, where Euler's step from t arrived at x with the estimate h: the mean of the slopes moves x by
    /// alpha_s (s_t / s_s - 1) / 2 (x_0 - h), for both slopes hold the same x.
    /// </summary>
    private static SamplerRow Correct(DenoiserTraits model, int s, int t, bool clips)
    {
        var (p, q) = model.Prediction.ToClean(model.Schedule, s);
        var weight = model.Schedule.Alpha(s) * (Math.Sqrt(model.Schedule.SignalToNoise(s) / model.Schedule.SignalToNoise(t)) - 1) / 2;
        return new SamplerRow { TimeIndex = s - 1, P = p, Q = q, ClipsClean = clips, G = ClassifierGuidance.CleanWeight(model.Schedule, s), A = 1, B = weight, C = -weight };
    }
}
