using System.Collections.Immutable;

namespace Diffusion.Samplers;

/// <summary>
/// DPM-Solver++(2M) (Lu et al. 2022, algorithm 2): DDIM with x_0 extrapolated from the last two estimates, second order
/// in the log signal-to-noise ratio. The first and the last step are of first order.
/// </summary>
internal sealed class DpmSolverPlusPlus2MSampler : ISampler
{
    public string Name => "dpmpp-2m";

    public string Summary => "Second-order deterministic sampling of any model at DDIM's cost; 8 to 20 steps is the usual range.";

    public string Paper => "Lu et al. 2022 (DPM-Solver++)";

    public string Equations => "algorithm 2";

    public string UseWhen => "8 to 20 evaluations of a model without a memory.";

    public IReadOnlyList<SamplerOption> Options { get; } = [TimeSpacing.Option, CleanClip.Option];

    public SamplerTable Compile(DenoiserTraits model, SamplingOptions options) =>
        Table(model, DdimSampler.Times(model, options), CleanClip.Clips(options), eta: 0);

    /// <summary>The rows down the given times (ascending), each but the first and the last looking back at the one before.</summary>
    /// <param name="model">The model.</param>
    /// <param name="times">From 1 to T.</param>
    /// <param name="clips">Whether estimates are clipped.</param>
    /// <param name="eta">0 for the ODE, 1 for the SDE: the step of DDIM that takes the extrapolated x_0.</param>
    internal static SamplerTable Table(DenoiserTraits model, int[] times, bool clips, double eta)
    {
        var rows = ImmutableArray.CreateBuilder<SamplerRow>(times.Length);
        for (var k = times.Length - 1; k >= 0; k--)
        {
            var row = DdimSampler.Step(model, k == 0 ? 0 : times[k - 1], times[k], eta, clips);
            if (k > 0 && k < times.Length - 1)
            {
                double h = LogRatio(model, times[k - 1]) - LogRatio(model, times[k]);
                double before = LogRatio(model, times[k]) - LogRatio(model, times[k + 1]);
                var weight = h / (2 * before);
                row = row with { B = row.B * (1 + weight), C = -row.B * weight };
            }
            rows.Add(row);
        }
        return new SamplerTable(rows.MoveToImmutable(), model.Schedule.StartScale(times[^1]));
    }

    // lambda = ln(alpha / sigma)
    private static double LogRatio(DenoiserTraits model, int t) => 0.5 * Math.Log(model.Schedule.SignalToNoise(t));
}
