using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Samplers;

/// <summary>
/// A variance-preserving schedule whose ratios sigma/alpha are those of Karras et al. 2022, eq. 5, from 80 to 0.002, so that a solver that
/// visits every time solves the probability-flow ODE of N(0, 0.25) on exactly that grid.
/// </summary>
internal static class KarrasGrid
{
    private const double Most = 80, Least = 0.002, Variance = 0.25;

    /// <summary>How far the last x is from the exact solution, as a share of it.</summary>
    /// <param name="nodes">Ratios of the grid; the last step goes from 0.002 to 0.</param>
    /// <param name="compile">The rows of a model down all the times there are, without clipping.</param>
    public static double Error(int nodes, Func<DenoiserTraits, int[], SamplerTable> compile)
    {
        var (schedule, table) = Solver(nodes, Most, Least, compile);
        var last = RowInterpreter.Run(table, new GaussianDenoiser(schedule, Prediction.Epsilon, Variance).Output, 1, _ => 0)[^1].X;
        var exact = Math.Sqrt(Variance / (Variance + Most * Most)) / schedule.Alpha(nodes);
        return last / exact - 1;
    }

    /// <summary>Variance of the last x from N(0, 1), between other ratios.</summary>
    public static double FinalVariance(int nodes, double most, double least, Func<DenoiserTraits, int[], SamplerTable> compile)
    {
        var (schedule, table) = Solver(nodes, most, least, compile);
        return RowInterpreter.FinalVariance(table, new GaussianDenoiser(schedule, Prediction.Epsilon, Variance).Gain);
    }

    private static (NoiseSchedule Schedule, SamplerTable Table) Solver(int nodes, double most, double least, Func<DenoiserTraits, int[], SamplerTable> compile)
    {
        var schedule = Schedule(nodes, most, least);
        return (schedule, compile(new DenoiserTraits(schedule, Prediction.Epsilon), [.. Enumerable.Range(1, nodes)]));
    }

    public static NoiseSchedule Schedule(int nodes, double most = Most, double least = Least)
    {
        var betas = new double[nodes];
        var before = 1.0;
        for (var k = 0; k < nodes; k++)
        {
            var ratio = Math.Pow(Math.Pow(most, 1 / 7.0) + (nodes - 1 - k) / (nodes - 1.0) * (Math.Pow(least, 1 / 7.0) - Math.Pow(most, 1 / 7.0)), 7);
            var kept = 1 / (1 + ratio * ratio);
            betas[k] = 1 - kept / before;
            before = kept;
        }
        return new NoiseSchedule("own", betas);
    }
}
