namespace Diffusion.Schedules;

/// <summary>The cosine schedule of Nichol and Dhariwal 2021, eq. 17: f(u) = cos^2((u + s)/(1 + s) pi/2), s = 0.008.</summary>
public static class CosineSchedule
{
    private const double Offset = 0.008;

    /// <summary>beta_t = 1 - f(t/T)/f((t-1)/T), at most 0.999.</summary>
    public static NoiseSchedule Improved(int steps) => Clipped("cosine", steps, 0, 0.999);

    /// <summary>The same with every beta kept in [0.0001, 0.9999], as some course material has it.</summary>
    public static NoiseSchedule Floored(int steps) => Clipped("cosine-floored", steps, 1e-4, 0.9999);

    private static NoiseSchedule Clipped(string name, int steps, double low, double high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var betas = new double[steps];
        for (var t = 1; t <= steps; t++)
            betas[t - 1] = Math.Clamp(1 - Signal((double)t / steps) / Signal((t - 1.0) / steps), low, high);
        return new NoiseSchedule(name, betas);
    }

    private static double Signal(double u)
    {
        var c = Math.Cos((u + Offset) / (1 + Offset) * Math.PI / 2);
        return c * c;
    }
}
