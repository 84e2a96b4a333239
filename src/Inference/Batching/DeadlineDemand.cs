namespace Diffusion.Inference.Batching;

/// <summary>
/// How long requests with a deadline take at most, if ticks of their lanes serve them earliest deadline first. Requests
/// are added in that order, and after each the time is that by which all so far are done.
/// </summary>
/// <remarks>
/// A tick reserves r rows for them, half of what it may have. It is either full of them (at least r - 1 rows: a pair
/// may not have fitted) or every one of their pictures moves on by a step. So a lane needs at most
/// rows / (r - 1) + (most steps) ticks; nor does it need more than the requests one after the other
/// (R. L. Graham's bound for list scheduling). Device time goes to one lane at a time, so lanes add up.
/// </remarks>
/// <param name="maxRows">Rows that a tick may have.</param>
internal sealed class DeadlineDemand(int maxRows)
{
    private readonly Dictionary<LaneKey, Needs> lanes = [];
    private double total;

    /// <summary>Rows of a tick that has to keep a promise: no more than the knee, and room for a pair.</summary>
    public static int TickRows(CostFit fit, int cap) => Math.Min(cap, Math.Max(2, fit.Knee(cap)));

    /// <summary>Those of them that are reserved for requests with a deadline.</summary>
    public static int Reserved(int tickRows) => Math.Max(2, tickRows / 2);

    /// <summary>One more request; returns the milliseconds after which it and all before it are done.</summary>
    /// <param name="lane">Its lane.</param>
    /// <param name="cost">The lane's cost model.</param>
    /// <param name="pictures">Its pictures.</param>
    /// <param name="rowsPerStep">Rows of one step of one picture.</param>
    /// <param name="rows">Rows it still needs.</param>
    /// <param name="steps">Steps that its slowest picture still needs.</param>
    public double Add(LaneKey lane, CostModel cost, int pictures, int rowsPerStep, long rows, int steps)
    {
        var (fit, cap) = (cost.Fit, Math.Min(maxRows, cost.Cap));
        var tickRows = TickRows(fit, cap);
        var reserved = Reserved(tickRows);
        if (!lanes.TryGetValue(lane, out var needs)) lanes[lane] = needs = new Needs();
        total -= needs.Ticks * needs.Tick;
        needs.Rows += rows;
        needs.Steps = Math.Max(needs.Steps, steps);
        var atOnce = Math.Max(1, reserved / rowsPerStep);
        needs.InTurn += (long)steps * ((pictures + atOnce - 1) / atOnce);
        needs.Ticks = Math.Min(needs.Rows / (reserved - 1) + needs.Steps, needs.InTurn);
        needs.Tick = fit.Most(tickRows);
        total += needs.Ticks * needs.Tick;
        return total;
    }

    private sealed class Needs
    {
        public long Rows, InTurn, Ticks;
        public int Steps;
        public double Tick;
    }
}
