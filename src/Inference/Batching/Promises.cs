namespace Diffusion.Inference.Batching;

/// <summary>Watches over the requests that were accepted with a deadline.</summary>
internal static class Promises
{
    /// <summary>
    /// The lane of the earliest deadline, if a tick for somebody else could now break one; else null. As long as it is
    /// null such requests are served as their client and class say.
    /// </summary>
    public static Lane? Pressing(WorkSet work, TickLimits limits)
    {
        if (work.Promised.Count == 0) return null;
        var demand = new DeadlineDemand(limits.MaxRows);
        var other = work.Lanes.Max(l => l.Fit.Most(limits.RowsOf(l)));
        Lane? first = null;
        foreach (var one in work.Promised)
        {
            if (work.Find(one.Lane) is not { } lane) continue;
            first ??= lane;
            var busy = demand.Add(lane.Key, lane.Cost, one.Waiting.Count, one.Cost, one.RowsLeft, one.StepsLeft);
            if (limits.Now + busy + other > one.Deadline) return first;
        }
        return null;
    }

    /// <summary>Requests whose deadline cannot be met any more, even alone and at the best.</summary>
    public static IReadOnlyList<Work> Broken(WorkSet work, double now)
    {
        List<Work>? broken = null;
        foreach (var one in work.Promised)
        {
            var least = work.Find(one.Lane) is { } lane ? one.StepsLeft * lane.Fit.Least(one.Cost) : 0;
            if (now + least > one.Deadline) (broken ??= []).Add(one);
        }
        return broken ?? [];
    }
}
