namespace Diffusion.Schedules;

/// <summary>The variance-exploding schedule of Song et al. 2021 (score-based modeling through SDEs, section 3.4), which uDDDM uses too.</summary>
public static class VarianceExplodingSchedule
{
    /// <summary>The name in the catalogue.</summary>
    public const string Name = "ve";

    /// <summary>sigma_1 and sigma_T.</summary>
    public const double LeastSigma = 0.01, MostSigma = 50;

    /// <summary>sigma_t geometric from 0.01 at t = 1 to 50 at t = T.</summary>
    public static NoiseSchedule Create(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        return NoiseSchedule.Exploding(Name, [.. Enumerable.Range(0, steps).Select(i => LeastSigma * Math.Pow(MostSigma / LeastSigma, i / (steps - 1.0)))]);
    }
}
