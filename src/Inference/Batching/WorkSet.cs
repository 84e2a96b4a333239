namespace Diffusion.Inference.Batching;

/// <summary>Everything admitted and unfinished, in the order of its turns. Changed by one thread, and by commits only.</summary>
internal sealed class WorkSet
{
    private readonly LinkedList<Lane> lanes = new();
    private readonly Dictionary<LaneKey, Lane> byKey = [];

    /// <summary>Lanes with work, the one that was served longest ago first.</summary>
    public IReadOnlyCollection<Lane> Lanes => lanes;

    /// <summary>Rises by one per commit.</summary>
    public long Tick { get; private set; }

    public bool IsEmpty => lanes.Count == 0;

    public void Add(Work work)
    {
        if (!byKey.TryGetValue(work.Lane, out var lane)) lanes.AddLast(byKey[work.Lane] = lane = new Lane(work.Lane));
        lane.Add(work);
    }

    public void Remove(Work work)
    {
        if (!byKey.TryGetValue(work.Lane, out var lane) || !lane.Remove(work) || lane.Works.Count > 0) return;
        lanes.Remove(lane);
        byKey.Remove(work.Lane);
    }

    /// <summary>Advances what ran by exactly one row, and sends the lane and the requests that were served to the back.</summary>
    /// <param name="lane">The lane of the tick.</param>
    /// <param name="ran">The pictures whose row took effect; the others of the plan stay as they are.</param>
    public void Commit(LaneKey lane, IEnumerable<SampleTurn> ran)
    {
        Tick++;
        if (!byKey.TryGetValue(lane, out var turn)) return;
        foreach (var group in ran.GroupBy(s => s.Owner))
        {
            foreach (var sample in group) group.Key.Advance(sample, Tick);
            if (group.Key.IsFinished) Remove(group.Key);
            else turn.MoveToBack(group.Key);
        }
        if (!byKey.ContainsKey(lane)) return;
        lanes.Remove(turn);
        lanes.AddLast(turn);
    }
}
