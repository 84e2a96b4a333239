namespace Diffusion.Schedules;

/// <summary>The sigmoid schedule of Jabri et al. 2022 with start -3, end 3 and temperature 1.</summary>
public static class SigmoidSchedule
{
    private const double Start = -3, End = 3;

    /// <summary>beta_t = 1 - g(t/T)/g((t-1)/T), at most 0.999.</summary>
    public static NoiseSchedule Create(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var betas = new double[steps];
        for (var t = 1; t <= steps; t++)
            betas[t - 1] = Math.Min(1 - Signal((double)t / steps) / Signal((t - 1.0) / steps), 0.999);
        return new NoiseSchedule("sigmoid", betas);
    }

    private static double Signal(double u) =>
        (Logistic(End) - Logistic(u * (End - Start) + Start)) / (Logistic(End) - Logistic(Start));

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
