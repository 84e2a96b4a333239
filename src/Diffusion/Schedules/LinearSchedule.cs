namespace Diffusion.Schedules;

/// <summary>The linear schedules of Ho et al. 2020 and of Nichol and Dhariwal 2021 (scaled to any T).</summary>
public static class LinearSchedule
{
    /// <summary>beta from 1e-4 to 0.02, both included, whatever T is (Ho et al. 2020; meant for T = 1000).</summary>
    public static NoiseSchedule Raw(int steps) => Between("linear", 1e-4, 0.02, steps);

    /// <summary>beta from 0.1/T to 20/T, so that the end is as noisy for any T.</summary>
    /// <exception cref="ArgumentException">T &lt;= 20, where beta_T would reach 1.</exception>
    public static NoiseSchedule Scaled(int steps)
    {
        var k = 1000.0 / steps;
        if (0.02 * k >= 1) throw new ArgumentException($"linear-scaled needs more than 20 steps, got {steps}.", nameof(steps));
        return Between("linear-scaled", 1e-4 * k, 0.02 * k, steps);
    }

    private static NoiseSchedule Between(string name, double first, double last, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var betas = new double[steps];
        for (var i = 0; i < steps; i++) betas[i] = steps == 1 ? first : first + (last - first) * i / (steps - 1);
        return new NoiseSchedule(name, betas);
    }
}
