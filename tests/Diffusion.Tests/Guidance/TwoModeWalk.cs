using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Guidance;

/// <summary>Pictures of one pixel that DDIM makes of the modes +1/2 and -1/2, each of deviation 1, from noises that stand for all there are.</summary>
internal static class TwoModeWalk
{
    private const int Noises = 400;

    /// <summary>P(x > 0) of the mode +1/2: the normal distribution at half a deviation.</summary>
    public const double OwnSide = 0.6914625;

    public static double[] Pictures(NoiseSchedule schedule, Func<TwoModeDenoiser, double, int, double> noise, Func<TwoModeDenoiser, double, int, double>? gradient = null)
    {
        var (law, sampler) = (new TwoModeDenoiser(schedule, Mode: 0.5, Variance: 1), SamplerCatalog.Find("ddim")!);
        var table = sampler.Compile(new DenoiserTraits(schedule, Prediction.Epsilon), new SamplingOptions(sampler, 100, new Dictionary<string, string> { ["clip"] = "off" }));
        return [.. Enumerable.Range(0, Noises).Select(i => RowInterpreter.Run(
            table, (x, _, time) => noise(law, x, time + 1), Quantile((i + 0.5) / Noises), _ => 0, gradient: gradient is null ? null : (x, time) => gradient(law, x, time + 1))[^1].X)];
    }

    /// <summary>How many of them are the positive mode's.</summary>
    public static double Share(double[] pictures) => pictures.Average(x => x > 0 ? 1.0 : 0);

    public static double Spread(double[] pictures) => Math.Sqrt(pictures.Average(x => x * x) - pictures.Average() * pictures.Average());

    /// <summary>Of N(0, 1), by halving: the share below x is half of 1 + the integral of the density from -x to x.</summary>
    private static double Quantile(double share)
    {
        var (low, high) = (-8.0, 8.0);
        while (high - low > 1e-9)
        {
            var middle = (low + high) / 2;
            if (Below(middle) < share) low = middle;
            else high = middle;
        }
        return low;
    }

    /// <summary>The power series of the normal distribution.</summary>
    private static double Below(double x)
    {
        double term = x, sum = x;
        for (var k = 1; Math.Abs(term) > 1e-14; k++) sum += term *= x * x / (2 * k + 1);
        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
