namespace Diffusion.Inference.Batching;

/// <summary>
/// Step by step and mixed, with device time shared fairly: between lanes, in a lane between clients, and of a client's
/// requests by class and then by deadline.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>If a promised deadline could break, the lane of the earliest one runs, and half of the tick is for such requests.</item>
/// <item>Else the lane that would be the least ahead after its tick runs, interactive work a tick earlier (<see cref="Ledger"/>).</item>
/// <item>Rows go one by one to the client furthest behind, this tick's rows counted at their expected cost.</item>
/// <item>A client gives its row to its first class and there to the earliest deadline; but every second row goes to its
/// picture that waits longest, once that is overdue, so that nobody waits for ever, whatever the class.</item>
/// <item>No request has more than half of a tick while another one could use it.</item>
/// <item>While somebody interactive waits, ticks stay within the knee: larger ones would hardly be cheaper by the row, and
/// whoever arrives meanwhile has to wait for their end.</item>
/// </list>
/// It takes time in proportion to rows chosen, lanes, clients of the lane, and requests with a deadline of their own.
/// </remarks>
internal sealed class FairPolicy : ISchedulingPolicy
{
    public string Name => "fair";

    public string Description => "Device time is shared between models, then between clients; of a client's requests the interactive and the most urgent go first, and none waits for ever.";

    public BatchPlan? Plan(WorkSet work, TickLimits limits)
    {
        if (work.IsEmpty) return null;
        var pressing = Promises.Pressing(work, limits);
        var lane = pressing ?? MostEntitled(work, limits);
        var rows = Rows(work, lane, limits, pressing is not null);
        var draft = new BatchDraft(lane, rows);
        var turns = new Turns(lane, draft, limits.MaxSkippedTicks, lane.Fit.Tick(rows) / rows);
        if (pressing is not null) turns.TakePromised(work.Promised, DeadlineDemand.Reserved(rows));
        turns.TakeInTurn(Math.Max(1, rows / 2));
        // what the others left
        if (!draft.IsFull) turns.TakeInTurn(rows);
        return draft.ToPlan();
    }

    /// <summary>
    /// The lane whose account would be the smallest after its tick, as in weighted fair queueing. One with interactive work may be
    /// ahead by the longest of the lanes' ticks: its few short steps then do not wait for a long one in between.
    /// </summary>
    private static Lane MostEntitled(WorkSet work, TickLimits limits)
    {
        if (work.Lanes.Count == 1) return work.Lanes[0];
        var longest = work.Lanes.Max(l => NextTick(l, limits));
        return work.Lanes.MinBy(l => l.Account.Spent + (NextTick(l, limits) - (l.Interactive > 0 ? longest : 0)) / l.Account.Weight)!;
    }

    // a lane that was never measured counts as costing nothing, so that it soon is
    private static double NextTick(Lane lane, TickLimits limits) => lane.Fit.Samples == 0 ? 0 : lane.NextTick(limits.RowsOf(lane));

    private static int Rows(WorkSet work, Lane lane, TickLimits limits, bool isPressing)
    {
        var most = limits.RowsOf(lane);
        if (isPressing) return DeadlineDemand.TickRows(lane.Fit, most);
        return work.Interactive > 0 ? Math.Min(most, lane.Fit.Knee(most)) : most;
    }
}
