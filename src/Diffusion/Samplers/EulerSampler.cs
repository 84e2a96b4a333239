using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>
/// Euler's method on the probability-flow ODE dy/ds = (y - x_0(y; s)) / s of y = x / alpha and s = sigma / alpha (Karras et al. 2022,
/// algorithm 1 without its correction). On the same times it is DDIM with eta 0 (Song et al. 2021, eq. 14).
/// </summary>
internal sealed class EulerSampler : ISampler
{
    public string Name => "euler";

    public string Summary => "First-order deterministic sampling of any model; 20 to 50 steps is the usual range.";

    public string Paper => "Karras et al. 2022 (EDM)";

    public string Equations => "algorithm 1 without its correction, eq. 5; DDIM eq. 14";

    public string UseWhen => "A first-order reference to compare solvers with; otherwise dpmpp-2m gives more for the same evaluations.";

    public IReadOnlyList<SamplerOption> Options { get; } = [TimeSpacing.ByRatio, CleanClip.Option];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options)
    {
        var times = TimeSpacing.Choose(options.Choice(TimeSpacing.ByRatio), model.Schedule, options.Steps);
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        for (var k = times.Length - 1; k >= 0; k--) rows.Add(DdimSampler.Step(model, k == 0 ? 0 : times[k - 1], times[k], eta: 0, CleanClip.Clips(options)));
        return new SamplerTable(rows.MoveToImmutable(), model.Schedule.StartScale(times[^1]));
    }
}
