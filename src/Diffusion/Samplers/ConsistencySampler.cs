using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>
/// Multistep consistency sampling (Song et al. 2023, algorithm 1): the image in one evaluation of pure noise; each further evaluation begins
/// with the last estimate and fresh noise at an earlier time.
/// </summary>
/// <remarks>The estimate is x_1 / alpha_1, the image with the noise of t = 1, which counts as part of the fresh noise.</remarks>
internal sealed class ConsistencySampler : ISampler
{
    public string Name => "consistency";

    public string Summary => "One or two evaluations with a model that was trained for consistency; more with fresh noise in between.";

    public string Paper => "Song et al. 2023 (consistency models)";

    public string Equations => "algorithm 1";

    public string UseWhen => "Models of the consistency objective: one or two evaluations.";

    public IReadOnlyList<SamplerOption> Options { get; } = [TimeSpacing.Option, CleanClip.Option];

    // a step is a jump to the image: there is no x_t near the next one that a gradient could be for
    public bool TakesClassifier => false;

    public string? Refuses(DenoiserTraits model) => model is { Prediction: Prediction.Consistency, HasMemory: false }
        ? null : "consistency needs a model that was trained with the consistency objective.";

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        var schedule = model.Schedule;
        var times = TimeSpacing.Choose(options.Choice(TimeSpacing.Option), schedule, options.Steps);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        for (var k = times.Length - 1; k >= 0; k--)
        {
            var (p, q) = model.Prediction.ToClean(schedule, times[k]);
            var row = new SamplerRow { TimeIndex = times[k] - 1, P = p, Q = q, ClipsClean = CleanClip.Clips(options) };
            rows.Add(k == 0 ? row.AsLast() : Renoising.To(row, schedule, times[k - 1], left: 1 / schedule.SignalToNoise(1)));
        }
        return new SamplerTable(rows.MoveToImmutable(), schedule.StartScale(times[^1]));
    }
}
