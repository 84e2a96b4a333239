using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>
/// DDDM (directly denoising diffusion models, 2024): the network is shown its own last estimate of x_0 as a memory
/// and improves it at every evaluation. <c>fixed</c> keeps x_T and t = T, as published; the other walks go down the
/// trajectory with the memory carried along.
/// </summary>
internal sealed class DddmSampler : ISampler
{
    private const string Fixed = "fixed", Ddim = "ddim", Multistep = "2m", Renoise = "renoise";

    private static readonly SamplerOption Walk = SamplerOption.Choice(
        "walk", [Ddim, Multistep, Fixed, Renoise],
        "fixed refines the memory at t = T as published; ddim walks down deterministically, 2m the same to second order; renoise walks down with fresh noise.");

    public string Name => "dddm";

    public string Summary => "One to ten evaluations with a model that carries a memory of its last estimate.";

    public string Paper => "Zhang et al. 2024 (DDDM)";

    public string Equations => "algorithm 2; the walks are ours";

    public string UseWhen => "A model with a memory input: one to ten evaluations.";

    public IReadOnlyList<SamplerOption> Options { get; } = [Walk];

    // an estimate that is shown to the network again would be pulled again each time
    public bool TakesClassifier => false;

    public string? Refuses(DenoiserTraits model) =>
        model.HasMemory ? null : "dddm needs a model with a memory input, trained with the dddm objective.";

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        var walk = options.Choice(Walk);
        var total = model.Schedule.Steps;
        if (walk == Fixed) return Refine(model, total, options.Steps);
        var times = TimeSpacing.Choose(TimeSpacing.Trailing, total, options.Steps);
        if (walk == Multistep) return Unsteered(DpmSolverPlusPlus2MSampler.Table(model, times, clips: true, eta: 0));
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        for (var k = times.Length - 1; k >= 0; k--)
        {
            var s = k == 0 ? 0 : times[k - 1];
            var row = DdimSampler.Step(model, s, times[k], eta: 0) with { G = 0 };
            if (walk == Renoise && s > 0) row = Renoising.To(row, model.Schedule, s);
            rows.Add(row);
        }
        return new SamplerTable(rows.MoveToImmutable(), model.Schedule.StartScale(total));
    }

    private static SamplerTable Unsteered(SamplerTable table) => table with { Rows = [.. table.Rows.Select(r => r with { G = 0 })] };

    private static SamplerTable Refine(DenoiserTraits model, int total, int steps)
    {
        if (steps > total) throw new SamplingOptionException("steps", $"steps must be 1..{total} for this model, got {steps}.");
        var (p, q) = model.Prediction.ToClean(model.Schedule, total);
        var row = new SamplerRow { TimeIndex = total - 1, P = p, Q = q, ClipsClean = true, A = 1 };
        return new SamplerTable([.. Enumerable.Repeat(row, steps - 1), row.AsLast()], model.Schedule.StartScale(total));
    }
}
