using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Batching;

/// <summary>
/// Everything admitted and unfinished, in every order that a policy may ask for, with the accounts of lanes and
/// clients. Changed by one thread; between commits, arrivals and departures it stays as it is.
/// </summary>
internal sealed class WorkSet(CostBook costs, SchedulingWeights weights)
{
    /// <summary>A request without a deadline is due after this many times what it takes alone.</summary>
    private const double Slack = 8;

    private readonly List<Lane> lanes = [];
    private readonly Dictionary<LaneKey, Lane> byKey = [];
    private readonly LinkedList<Work> parked = new();
    private readonly LinkedList<SampleTurn> inFlight = new();
    private readonly Ledger ledger = new();
    private readonly SortedSet<Work> promised = new(Comparer<Work>.Create(
        (a, b) => a.Deadline!.Value.CompareTo(b.Deadline!.Value) is var order and not 0 ? order : a.Id.CompareTo(b.Id)));

    /// <summary>Open lanes with work.</summary>
    public IReadOnlyList<Lane> Lanes => lanes;

    /// <summary>Pictures that have begun and are not done, the one that waits longest first.</summary>
    public IReadOnlyCollection<SampleTurn> InFlight => inFlight;

    /// <summary>Requests with a deadline of their own, earliest first; the lanes of some may not be open yet.</summary>
    public IReadOnlyCollection<Work> Promised => promised;

    /// <summary>Interactive requests in open lanes.</summary>
    public int Interactive => lanes.Sum(l => l.Interactive);

    /// <summary>Rises by one per commit.</summary>
    public long Tick { get; private set; }

    /// <summary>Whether nothing can run.</summary>
    public bool IsEmpty => lanes.Count == 0;

    public Lane? Find(LaneKey lane) => byKey.GetValueOrDefault(lane);

    /// <summary>The request of an open lane that was admitted first.</summary>
    public Work? Oldest => lanes.Select(l => l.Works.First()).MinBy(w => w.Id);

    /// <summary>Lets in what has arrived and whose lane can run; the rest waits for its model.</summary>
    /// <param name="isOpen">Whether a lane can run; one that can goes on to as long as it has work.</param>
    public void Enter(Func<LaneKey, bool> isOpen)
    {
        for (var (node, next) = (parked.First, parked.First?.Next); node is not null; (node, next) = (next, next?.Next))
        {
            if (!isOpen(node.Value.Lane)) continue;
            parked.Remove(node);
            Enter(node.Value);
        }
    }

    /// <summary>Takes a request in; it can run after the next <see cref="Enter(Func{LaneKey, bool})"/>.</summary>
    public void Add(Work work)
    {
        work.Due = work.Deadline ?? work.Arrival + Slack * work.Steps * costs.Of(work.Lane).Fit.Tick(work.Cost);
        if (work.Deadline is not null) promised.Add(work);
        parked.AddLast(work.InArrivals);
    }

    public void Remove(Work work)
    {
        if (work.Deadline is not null) promised.Remove(work);
        if (work.InArrivals.List == parked) parked.Remove(work.InArrivals);
        else if (work.InArrivals.List is not null) Leave(work);
    }

    /// <summary>The pictures of a request that waited for others of it can run from now on.</summary>
    public void Release(Work work) => byKey[work.Lane].Release(work);

    /// <summary>Advances what ran by exactly one row each, and charges the time to the lane and to the clients, by rows.</summary>
    /// <param name="lane">The lane of the tick.</param>
    /// <param name="ran">The pictures whose row took effect; the others of the plan stay as they are.</param>
    /// <param name="milliseconds">What it took.</param>
    public void Commit(LaneKey lane, IReadOnlyCollection<SampleTurn> ran, double milliseconds)
    {
        Tick++;
        if (ran.Count == 0 || !byKey.TryGetValue(lane, out var turn)) return;
        // a clock can be too coarse to see a tick; it is not free for that
        turn.Commit(ran, Math.Max(milliseconds, 1e-3));
        foreach (var sample in ran)
        {
            if (sample.InFlight.List is not null) inFlight.Remove(sample.InFlight);
            if (!sample.IsFinished) inFlight.AddLast(sample.InFlight);
            else if (sample.Owner.IsFinished) Remove(sample.Owner);
        }
        if (lanes.Count > 0) ledger.Settle(lanes.Min(l => l.Account.Spent));
    }

    private void Enter(Work work)
    {
        if (!byKey.TryGetValue(work.Lane, out var lane))
        {
            var account = ledger.Open(work.Lane.ToString(), weights.OfModel(work.Lane.Model));
            lanes.Add(byKey[work.Lane] = lane = new Lane(work.Lane, costs.Of(work.Lane), account));
        }
        lane.Add(work, work.ClientWeight ?? weights.OfClient(work.Client));
    }

    private void Leave(Work work)
    {
        var lane = byKey[work.Lane];
        lane.Remove(work);
        foreach (var sample in work.Waiting)
            if (sample.InFlight.List is not null) inFlight.Remove(sample.InFlight);
        if (lane.Works.Count > 0) return;
        lanes.Remove(lane);
        byKey.Remove(work.Lane);
        ledger.Close(work.Lane.ToString(), lane.Account);
    }
}
