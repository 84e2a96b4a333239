namespace Diffusion.Schedules;

/// <summary>
/// The steps of a reverse chain over all times of a schedule or some of them, with the bounds of its variance (Nichol and Dhariwal 2021,
/// eq. 15): ln bt~ below, the posterior's, and ln b above, both of the chain's own, respaced steps.
/// </summary>
public sealed class ReverseChain
{
    private readonly int[] times;
    private readonly Posterior[] posteriors;
    private readonly double[] lowest;

    /// <summary>A chain over some times.</summary>
    /// <param name="schedule">Where a_t comes from.</param>
    /// <param name="times">The times that are kept, in 1..T, ascending; at least one.</param>
    /// <exception cref="ArgumentException">No times, or not ascending.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time outside 1..T.</exception>
    public ReverseChain(NoiseSchedule schedule, IReadOnlyList<int> times)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(times);
        if (times.Count == 0) throw new ArgumentException("A chain needs at least one time.", nameof(times));
        this.times = [.. times];
        posteriors = new Posterior[times.Count];
        for (var k = 0; k < times.Count; k++) posteriors[k] = schedule.PosteriorBetween(k == 0 ? 0 : times[k - 1], times[k]);
        // the posterior of the first step is a point, whose logarithm there is none of: the second's stands for it, as in the authors' code
        lowest = [.. posteriors.Select(p => Math.Log(p.Variance))];
        lowest[0] = lowest.Length > 1 ? lowest[1] : Math.Log(posteriors[0].Beta);
    }

    /// <summary>The chain over all times of a schedule.</summary>
    public static ReverseChain Whole(NoiseSchedule schedule) => new(schedule, [.. Enumerable.Range(1, schedule.Steps)]);

    /// <summary>How many steps; step 0 is the one that ends in the image.</summary>
    public int Count => times.Length;

    /// <summary>The time in 1..T that step <paramref name="k"/> starts from.</summary>
    public int Time(int k) => times[k];

    /// <summary>q of step <paramref name="k"/>, given the image.</summary>
    public Posterior Posterior(int k) => posteriors[k];

    /// <summary>ln bt~, "fixed-small"; of step 0, where bt~ is 0, that of step 1.</summary>
    public double LogSmall(int k) => lowest[k];

    /// <summary>ln b, the upper end of a learned variance.</summary>
    public double LogBeta(int k) => Math.Log(posteriors[k].Beta);

    /// <summary>"Fixed-large" (Ho et al. 2020): ln b, and for step 0 ln bt~ of step 1, for a decoder as wide as b is too wide.</summary>
    public double LogLarge(int k) => k == 0 ? LogSmall(0) : LogBeta(k);
}
