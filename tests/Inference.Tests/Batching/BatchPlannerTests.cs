using Diffusion.Inference.Batching;

namespace Diffusion.Inference.Tests.Batching;

public class BatchPlannerTests
{
    private readonly WorkSet work = new();
    private long ids;

    [Fact]
    public void Plan_WithoutWork_IsNull() => Assert.Null(Plan(8));

    [Fact]
    public void Plan_RequestsOfDifferentLengthAndGuidance_ShareABatch()
    {
        var (few, many, guided) = (Add(samples: 1, steps: 2), Add(samples: 2, steps: 50), Add(samples: 1, steps: 10, cost: 2));
        var plan = Plan(8)!;
        Assert.Equal(5, plan.Evaluations);
        Assert.Equal([few, many, guided, many], plan.Samples.Select(s => s.Owner));
    }

    [Fact]
    public void Plan_GuidancePairThatDoesNotFit_WaitsWhole()
    {
        Add(samples: 1);
        var guided = Add(samples: 2, cost: 2);
        var plan = Plan(4)!;
        Assert.Equal(3, plan.Evaluations);
        Assert.Single(plan.Samples, s => s.Owner == guided);
    }

    [Fact]
    public void Plan_LargeRequestBesideSmallOnes_GetsOnlyWhatTheyLeave()
    {
        var large = Add(samples: 64);
        var small = Enumerable.Range(0, 5).Select(_ => Add(samples: 2)).ToArray();
        var plan = Plan(16)!;
        Assert.Equal(16, plan.Evaluations);
        Assert.All(small, s => Assert.Equal(2, plan.Samples.Count(t => t.Owner == s)));
        Assert.Equal(6, plan.Samples.Count(t => t.Owner == large));
    }

    [Fact]
    public void Plan_MoreRequestsThanRoom_TakesTurns()
    {
        var requests = Enumerable.Range(0, 6).Select(_ => Add(samples: 1, steps: 10)).ToArray();
        var served = new List<Work>();
        for (var tick = 0; tick < 3; tick++)
        {
            var plan = Plan(4)!;
            served.AddRange(plan.Samples.Select(s => s.Owner));
            work.Commit(plan.Lane, plan.Samples);
        }
        Assert.All(requests, r => Assert.Equal(2, served.Count(s => s == r)));
    }

    [Fact]
    public void Plan_TwoLanes_TakeTurns()
    {
        Add(lane: 1, steps: 10);
        Add(lane: 2, steps: 10);
        Assert.Equal([1, 2, 1, 2], Enumerable.Range(0, 4).Select(_ => Run(8).Lane.Version));
    }

    [Fact]
    public void Plan_LaneWhoseModelLoads_IsPassedOver()
    {
        Add(lane: 1);
        Add(lane: 2);
        Assert.Equal(2, new BatchPlanner(8, 16).Plan(work, lane => lane.Version == 2)!.Lane.Version);
        Assert.Null(new BatchPlanner(8, 16).Plan(work, _ => false));
    }

    [Fact]
    public void Plan_OverduePicture_GoesFirstWhateverItsLane()
    {
        Add(lane: 1, steps: 100, samples: 8);
        Add(lane: 3, steps: 100, samples: 8);
        var late = Add(lane: 2, steps: 100);
        var planner = new BatchPlanner(4, maxSkippedTicks: 5);
        for (var tick = 0; tick < 6; tick++) Commit(planner.Plan(work, lane => lane.Version != 2)!);
        Assert.Equal(late, planner.Plan(work, Lanes.AllReady)!.Samples[0].Owner);
    }

    [Fact]
    public void Plan_Twice_IsTheSame()
    {
        Add(samples: 9);
        Add(samples: 3, cost: 2);
        Assert.Equal(Plan(8)!.Samples, Plan(8)!.Samples);
    }

    [Fact]
    public void Commit_PartOfAPlan_AdvancesOnlyThatPart()
    {
        Add(samples: 4, steps: 3);
        var plan = Plan(4)!;
        work.Commit(plan.Lane, plan.Samples.Take(2));
        Assert.Equal([1, 1, 0, 0], plan.Samples.Select(s => s.Done));
    }

    private Work Add(int lane = 1, int samples = 1, int steps = 4, int cost = 1)
    {
        var added = new Work(ids++, Lanes.Of(lane), samples, steps, cost, work.Tick);
        work.Add(added);
        return added;
    }

    private BatchPlan? Plan(int rows) => new BatchPlanner(rows, 16).Plan(work, Lanes.AllReady);

    private BatchPlan Run(int rows) => Commit(Plan(rows)!);

    private BatchPlan Commit(BatchPlan plan)
    {
        work.Commit(plan.Lane, plan.Samples);
        return plan;
    }
}
