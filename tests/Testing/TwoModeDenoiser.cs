using Diffusion.Schedules;

namespace Diffusion.Testing;

/// <summary>The perfect network when x0 is +m or -m with equal odds, each with variance s2: a law with classes and a score.</summary>
public sealed record TwoModeDenoiser(NoiseSchedule Schedule, double Mode, double Variance)
{
    /// <summary>V = a s2 + 1 - a, the variance of x_t within a mode.</summary>
    public double TotalVariance(int t) => Schedule.AlphaBar(t) * Variance + 1 - Schedule.AlphaBar(t);

    /// <summary>P(+ | x_t).</summary>
    public double PositiveOdds(double x, int t) => 1 / (1 + Math.Exp(-2 * Schedule.Alpha(t) * Mode * x / TotalVariance(t)));

    /// <summary>The noise expected when the mode (+1 or -1) is known.</summary>
    public double ConditionalNoise(double x, int t, int mode) => Schedule.Sigma(t) * (x - mode * Schedule.Alpha(t) * Mode) / TotalVariance(t);

    /// <summary>The noise expected when it is not.</summary>
    public double Noise(double x, int t)
    {
        var positive = PositiveOdds(x, t);
        return positive * ConditionalNoise(x, t, 1) + (1 - positive) * ConditionalNoise(x, t, -1);
    }

    /// <summary>d/dx log P(mode | x_t).</summary>
    public double ClassScore(double x, int t, int mode)
    {
        var slope = 2 * Schedule.Alpha(t) * Mode / TotalVariance(t);
        var positive = PositiveOdds(x, t);
        return mode > 0 ? slope * (1 - positive) : -slope * positive;
    }
}
