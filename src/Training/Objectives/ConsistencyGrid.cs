using Diffusion.Schedules;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Objectives;

/// <summary>
/// The N times of a schedule between which consistency is trained for a while, how often each pair of neighbours comes, and what it counts
/// (Song and Dhariwal 2024, sections 3.4 and 3.5, on times that are evenly spread from 1 to T).
/// </summary>
internal sealed class ConsistencyGrid
{
    private readonly int[] times;
    private readonly double[] cumulative, weights;

    /// <param name="schedule">Where the times come from.</param>
    /// <param name="count">N, 2..T.</param>
    /// <param name="settings">Distribution and weight.</param>
    public ConsistencyGrid(NoiseSchedule schedule, int count, ConsistencyTrainingSettings settings)
    {
        times = [.. Enumerable.Range(0, count).Select(i => 1 + (int)Math.Round((double)i * (schedule.Steps - 1) / (count - 1), MidpointRounding.ToEven))];
        var below = Array.ConvertAll(times, t => Statistics.NormalMass((Math.Log(Ratio(t)) - settings.LogMean) / settings.LogDeviation));
        var whole = below[^1] - below[0];
        cumulative = [.. below.Skip(1).Select(b => (b - below[0]) / whole)];
        var places = Array.ConvertAll(times, t => settings.Gap == TimeGap.Sigma ? Ratio(t) : Math.Atan2(schedule.Sigma(t), schedule.Alpha(t)));
        weights = [.. Enumerable.Range(0, count - 1).Select(i => 1 / (places[i + 1] - places[i]))];

        double Ratio(int t) => schedule.Sigma(t) / schedule.Alpha(t);
    }

    /// <summary>N.</summary>
    public int Count => times.Length;

    /// <summary>t in 1..T of a place in 0..N-1.</summary>
    public int Time(int place) => times[place];

    /// <summary>The earlier place of a pair, 0..N-2, for a number in [0, 1).</summary>
    public int Draw(double uniform)
    {
        var found = Array.BinarySearch(cumulative, uniform);
        // cumulative[i] is the share of the pairs up to i: what is exactly there belongs to the next
        return Math.Min(cumulative.Length - 1, found < 0 ? ~found : found + 1);
    }

    /// <summary>Share of the images that a pair gets: what a log-normal sigma / alpha has between its times.</summary>
    public double Probability(int place) => cumulative[place] - (place == 0 ? 0 : cumulative[place - 1]);

    /// <summary>1 / gap.</summary>
    public double Weight(int place) => weights[place];

    /// <summary>N(k) = min(s_0 2^floor(k / K'), s_1) + 1 with K' = floor(K / (log2 floor(s_1 / s_0) + 1)).</summary>
    /// <param name="settings">s_0 and s_1.</param>
    /// <param name="step">k, 0-based.</param>
    /// <param name="steps">K.</param>
    /// <param name="total">T; s_1 is at most T - 1.</param>
    public static int CountAt(ConsistencyTrainingSettings settings, int step, int steps, int total)
    {
        var last = Math.Min(settings.FinalSteps, total - 1);
        var first = Math.Min(settings.InitialSteps, last);
        var stage = Math.Max(1, (int)Math.Floor(steps / (Math.Log2(last / first) + 1)));
        return (int)Math.Min(first * Math.Pow(2, step / stage), last) + 1;
    }
}
