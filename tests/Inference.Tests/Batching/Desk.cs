using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Batching;

/// <summary>A policy at work without an engine: ticks take what the test says, on a clock of its own.</summary>
internal sealed class Desk
{
    private readonly ISchedulingPolicy policy;
    private readonly int maxSkipped;
    private long ids;

    public Desk(string policy = "fair", int maxRows = 8, int maxSkipped = 16, SchedulingWeights? weights = null)
    {
        (this.policy, MaxRows, this.maxSkipped) = (PolicyCatalog.Find(policy)!, maxRows, maxSkipped);
        Costs = new CostBook(maxRows);
        Work = new WorkSet(Costs, weights ?? SchedulingWeights.Equal);
    }

    public int MaxRows { get; }

    public CostBook Costs { get; }

    public WorkSet Work { get; }

    /// <summary>Milliseconds.</summary>
    public double Now { get; private set; }

    /// <summary>What a tick of so many rows takes in a lane, in milliseconds.</summary>
    public Func<int, int, double> Time { get; set; } = (_, rows) => 2 + rows;

    /// <summary>Milliseconds that each client has had.</summary>
    public Dictionary<string, double> Had { get; } = [];

    /// <summary>Milliseconds that each lane has had.</summary>
    public Dictionary<int, double> LaneHad { get; } = [];

    public TickLimits Limits => new(MaxRows, maxSkipped, Now);

    public Work Add(
        int samples = 1, int steps = 4, int cost = 1, int lane = 1, string client = "a", RequestClass priority = RequestClass.Batch,
        double? deadline = null, string recipe = "")
    {
        var added = new Work(ids++, Lanes.Of(lane), samples, steps, cost)
        {
            Client = client,
            Class = priority,
            Arrival = Now,
            Deadline = Now + deadline,
            Recipe = recipe,
        };
        Work.Add(added);
        Enter();
        return added;
    }

    /// <summary>Lanes whose model is not loaded.</summary>
    public HashSet<int> Loading { get; } = [];

    public void Enter() => Work.Enter(lane => !Loading.Contains(lane.Version));

    public BatchPlan? Plan() => policy.Plan(Work, Limits);

    /// <summary>One tick; null if there was nothing to run.</summary>
    public BatchPlan? Run(Func<SampleTurn, bool>? fails = null)
    {
        if (Plan() is not { } plan) return null;
        var time = Time(plan.Lane.Version, plan.Evaluations);
        foreach (var sample in plan.Samples)
            Had[sample.Owner.Client] = Had.GetValueOrDefault(sample.Owner.Client) + time * sample.Cost / plan.Evaluations;
        LaneHad[plan.Lane.Version] = LaneHad.GetValueOrDefault(plan.Lane.Version) + time;
        Now += time;
        Costs.Record(plan.Lane, plan.Evaluations, TimeSpan.FromMilliseconds(time));
        Work.Commit(plan.Lane, [.. plan.Samples.Where(s => fails?.Invoke(s) != true)], time);
        return plan;
    }

    public void Run(int ticks)
    {
        for (var i = 0; i < ticks; i++) Run();
    }

    /// <summary>Lets the cost model of a lane see ticks of every size.</summary>
    public Desk Learn(int lane = 1)
    {
        for (var round = 0; round < 3; round++)
            for (var rows = 1; rows <= MaxRows; rows++) Costs.Record(Lanes.Of(lane), rows, TimeSpan.FromMilliseconds(Time(lane, rows)));
        return this;
    }
}
