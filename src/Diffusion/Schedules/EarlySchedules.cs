namespace Diffusion.Schedules;

/// <summary>The other tables of beta that the released code of Ho et al. 2020 has beside the linear one; for T = 1000 as it is.</summary>
public static class EarlySchedules
{
    private const double First = 1e-4, Last = 0.02;

    /// <summary>The root of beta goes evenly from that of 1e-4 to that of 0.02.</summary>
    public static NoiseSchedule Quadratic(int steps)
    {
        var roots = Between(Math.Sqrt(First), Math.Sqrt(Last), steps);
        return new NoiseSchedule("quadratic", Array.ConvertAll(roots, r => r * r));
    }

    /// <summary>beta = 0.02 at every step.</summary>
    public static NoiseSchedule Constant(int steps) => new("constant", [.. Enumerable.Repeat(Last, Checked(steps))]);

    /// <summary>beta from 1e-4 to 0.02 evenly over the first tenth of the steps, and 0.02 from there on.</summary>
    public static NoiseSchedule WarmUpTenth(int steps) => WarmUp("warmup10", steps, steps / 10);

    /// <summary>The same over the first half.</summary>
    public static NoiseSchedule WarmUpHalf(int steps) => WarmUp("warmup50", steps, steps / 2);

    private static NoiseSchedule WarmUp(string name, int steps, int rising) =>
        new(name, [.. rising == 0 ? [] : Between(First, Last, rising), .. Enumerable.Repeat(Last, Checked(steps) - rising)]);

    private static double[] Between(double first, double last, int steps) =>
        [.. Enumerable.Range(0, Checked(steps)).Select(i => steps == 1 ? first : first + (last - first) * i / (steps - 1))];

    private static int Checked(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return steps;
    }
}
