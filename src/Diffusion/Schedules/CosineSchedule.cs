namespace Diffusion.Schedules;

/// <summary>
/// The cosine schedule of Nichol and Dhariwal 2021, eq. 17: f(u) = cos^2((u + s)/(1 + s) pi/2), s = 0.008; and that of Salimans and Ho 2022,
/// whose ends are given as signal-to-noise ratios.
/// </summary>
public static class CosineSchedule
{
    private const double Offset = 0.008, MostLogRatio = 20;

    /// <summary>beta_t = 1 - f(t/T)/f((t-1)/T), at most 0.999.</summary>
    public static NoiseSchedule Improved(int steps) => Clipped("cosine", steps, 0, 0.999);

    /// <summary>The same with every beta kept in [0.0001, 0.9999], as some course material has it.</summary>
    public static NoiseSchedule Floored(int steps) => Clipped("cosine-floored", steps, 1e-4, 0.9999);

    /// <summary>
    /// ln SNR = -2 ln tan(c u + d) from 20 at u = 0 to -20 at u = 1, that is a_t = cos^2(c t/T + d), with no beta clipped (Salimans and Ho 2022).
    /// The clean image stands for u = 0, so that beta_1 is all the noise there is at t = 1.
    /// </summary>
    public static NoiseSchedule LogRatio(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var d = Math.Atan(Math.Exp(-MostLogRatio / 2));
        var c = Math.PI / 2 - 2 * d;
        var betas = new double[steps];
        for (var t = 1; t <= steps; t++)
        {
            // 1 - cos^2(after) / cos^2(before), by the sines of their sum and difference, which keep its digits where it is small
            double before = t == 1 ? 0 : c * (t - 1) / steps + d, after = c * t / steps + d, scale = Math.Cos(before);
            betas[t - 1] = Math.Sin(after - before) * Math.Sin(after + before) / (scale * scale);
        }
        return new NoiseSchedule("cosine-logsnr", betas);
    }

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
