using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>
/// Times whose ratios s_t = sigma_t / alpha_t lie evenly in some power, from T to 1 with both ends, each on the time of the schedule that
/// comes nearest in ln s. All return t in 1..T, ascending; where several want one time, they stand side by side.
/// </summary>
internal static class RatioSpacing
{
    private const double Rho = 7;

    /// <summary>Even in s^(1/7) (Karras et al. 2022, eq. 5): dense near the image.</summary>
    public static int[] Karras(NoiseSchedule schedule, int steps) => Even(schedule, steps, s => Math.Pow(s, 1 / Rho), v => Rho * Math.Log(v));

    /// <summary>Even in ln s, so that the levels are geometric: half the logarithm of the signal-to-noise ratio (Song and Ermon 2019; Lu et al. 2022).</summary>
    public static int[] Geometric(NoiseSchedule schedule, int steps) => Even(schedule, steps, Math.Log, v => v);

    /// <summary>The time in 1..T whose s is nearest to a ratio, in ln s.</summary>
    public static int Nearest(NoiseSchedule schedule, double ratio) => 1 + Nearest(Logs(schedule), Math.Log(ratio));

    private static double[] Logs(NoiseSchedule schedule) => [.. Enumerable.Range(1, schedule.Steps).Select(t => -0.5 * Math.Log(schedule.SignalToNoise(t)))];

    private static int[] Even(NoiseSchedule schedule, int steps, Func<double, double> place, Func<double, double> logOf)
    {
        var total = schedule.Steps;
        var logs = Logs(schedule);
        double least = place(Math.Exp(logs[0])), most = place(Math.Exp(logs[^1]));
        var times = new int[steps];
        for (var i = 0; i < steps; i++) times[i] = 1 + Nearest(logs, logOf(steps == 1 ? most : least + (most - least) * i / (steps - 1)));
        for (var i = 1; i < steps; i++) times[i] = Math.Max(times[i], times[i - 1] + 1);
        for (var (i, end) = (steps - 1, total); i >= 0; i--, end--) times[i] = Math.Min(times[i], end);
        return times;
    }

    private static int Nearest(double[] logs, double value)
    {
        var after = Array.BinarySearch(logs, value);
        if (after >= 0) return after;
        after = ~after;
        if (after == 0) return 0;
        return after == logs.Length || value - logs[after - 1] <= logs[after] - value ? after - 1 : after;
    }
}
