namespace Diffusion.Schedules;

/// <summary>
/// The variance-preserving SDE of Song et al. 2021 (score-based modeling through SDEs, section 3.4): beta(u) = 0.1 + 19.9 u, of which
/// a_t = exp(-integral of beta from 0 to t/T), so that a time means the same noise whatever T is.
/// </summary>
public static class VariancePreservingSde
{
    private const double Least = 0.1, Most = 20;

    /// <summary>beta_t = 1 - a_t / a_(t-1), between whose times the SDE is solved exactly; a_T = exp(-10.05) for any T.</summary>
    public static NoiseSchedule Create(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var betas = new double[steps];
        // the integral over the step: the mean of beta at its ends, as beta is a straight line
        for (var t = 1; t <= steps; t++) betas[t - 1] = -double.ExpM1(-(Least + (Most - Least) * (2 * t - 1) / (2.0 * steps)) / steps);
        return new NoiseSchedule("vp-sde", betas);
    }
}
