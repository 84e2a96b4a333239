namespace Diffusion.Inference.Batching;

/// <summary>
/// Chooses the rows of a tick. Pure: it reads a <see cref="WorkSet"/> and changes nothing, so the same set gives the
/// same plan, and a plan that fails costs nobody a turn.
/// </summary>
/// <remarks>
/// Lanes take turns, and inside a lane requests take turns picture by picture, so that a large request gets more than
/// its equal share only of what the others cannot use. A picture that was passed over for more than
/// <c>maxSkippedTicks</c> goes first, oldest first, whatever its lane: it waits at most maxSkippedTicks
/// + (pictures that wait longer) / (maxRows / 2) + lanes ticks.
/// </remarks>
/// <param name="maxRows">Network evaluations per tick, at least 2 so that a guidance pair fits.</param>
/// <param name="maxSkippedTicks">Ticks after which waiting counts for more than turns.</param>
internal sealed class BatchPlanner(int maxRows, int maxSkippedTicks)
{
    /// <summary>The next tick, or null if no admitted lane has work.</summary>
    /// <param name="work">What there is to do.</param>
    /// <param name="isReady">Which lanes can run now; a lane whose model is still loading cannot.</param>
    /// <param name="rowsOf">Network evaluations that a lane may have in a tick, if fewer; null for no such limit.</param>
    public BatchPlan? Plan(WorkSet work, Func<LaneKey, bool> isReady, Func<LaneKey, int>? rowsOf = null)
    {
        Lane? next = null;
        SampleTurn? oldest = null;
        foreach (var lane in work.Lanes)
        {
            if (!isReady(lane.Key)) continue;
            next ??= lane;
            foreach (var request in lane.Works)
            {
                var first = request.Waiting.First();
                if (IsOverdue(first, work.Tick) && (oldest is null || Precedes(first, oldest))) (oldest, next) = (first, lane);
            }
        }
        return next is null ? null : Fill(next, work.Tick, Math.Min(maxRows, rowsOf?.Invoke(next.Key) ?? maxRows));
    }

    private BatchPlan Fill(Lane lane, long tick, int rows)
    {
        var chosen = new List<SampleTurn>();
        var room = rows;
        var taken = new HashSet<SampleTurn>();
        foreach (var sample in Overdue(lane, tick)) Take(sample);

        var turns = new Queue<IEnumerator<SampleTurn>>(
            lane.Works.Select(w => w.Waiting.Where(s => !taken.Contains(s)).GetEnumerator()));
        // a request whose next picture does not fit is out for this tick: room only shrinks
        while (room > 0 && turns.TryDequeue(out var turn))
            if (turn.MoveNext() && Take(turn.Current)) turns.Enqueue(turn);
        return new BatchPlan(lane.Key, chosen, rows - room);

        bool Take(SampleTurn sample)
        {
            if ((sample.Cost > room && chosen.Count > 0) || !taken.Add(sample)) return false;
            chosen.Add(sample);
            room -= sample.Cost;
            return true;
        }
    }

    private IEnumerable<SampleTurn> Overdue(Lane lane, long tick) => lane.Works
        .SelectMany(w => w.Waiting.TakeWhile(s => IsOverdue(s, tick)))
        .OrderBy(s => s.Since).ThenBy(s => s.Owner.Id).ThenBy(s => s.Index);

    private bool IsOverdue(SampleTurn sample, long tick) => tick - sample.Since > maxSkippedTicks;

    private static bool Precedes(SampleTurn a, SampleTurn b) =>
        a.Since != b.Since ? a.Since < b.Since : a.Owner.Id < b.Owner.Id;
}
