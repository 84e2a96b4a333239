using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Batching;

public class FairPolicyTests
{
    [Fact]
    public void Plan_RequestsOfDifferentLengthAndGuidance_ShareATick()
    {
        var desk = new Desk();
        desk.Add(steps: 2);
        desk.Add(samples: 2, steps: 50);
        desk.Add(steps: 10, cost: 2);
        Assert.Equal(5, desk.Plan()!.Evaluations);
    }

    [Fact]
    public void Plan_GuidancePairThatDoesNotFit_WaitsWhole()
    {
        var desk = new Desk(maxRows: 4);
        desk.Add();
        desk.Add(samples: 2, cost: 2);
        Assert.Equal(3, desk.Plan()!.Evaluations);
    }

    [Fact]
    public void Run_TwoBackloggedClients_ShareTimeWithinOneStepOnEachSide()
    {
        var desk = new Desk(maxRows: 8);
        desk.Add(samples: 60, steps: 50, client: "many pictures");
        for (var i = 0; i < 30; i++) desk.Add(samples: 1, steps: 50, cost: 2, client: "many requests");
        var seen = new List<double>();
        for (var tick = 0; tick < 200; tick++)
        {
            desk.Run();
            seen.Add(desk.Had.GetValueOrDefault("many pictures") - desk.Had.GetValueOrDefault("many requests"));
        }
        var longest = desk.Time(1, 8);
        Assert.All(seen, difference => Assert.InRange(Math.Abs(difference), 0, longest));
        // any window: what it had gained before, and what it gains since
        Assert.InRange(seen.Max() - seen.Min(), 0, 2 * longest);
    }

    [Fact]
    public void Run_ClientOfTwiceTheWeight_HasTwiceTheTime()
    {
        var weights = new SchedulingWeights(new Dictionary<string, double>(), new Dictionary<string, double> { ["heavy"] = 2 });
        var desk = new Desk(weights: weights);
        desk.Add(samples: 30, steps: 100, client: "heavy");
        desk.Add(samples: 30, steps: 100, client: "heavy");
        desk.Add(samples: 60, steps: 50, client: "light");
        desk.Run(120);
        Assert.InRange(desk.Had["heavy"] / desk.Had["light"], 1.9, 2.1);
    }

    [Fact]
    public void Run_ClientThatWasAway_HasNoCreditForIt()
    {
        var desk = new Desk();
        desk.Add(samples: 8, steps: 1, client: "guest");
        desk.Add(samples: 60, steps: 1000, client: "resident");
        desk.Run(300);
        desk.Had.Clear();
        desk.Add(samples: 60, steps: 1000, client: "guest");
        desk.Run(20);
        Assert.InRange(Math.Abs(desk.Had["guest"] - desk.Had["resident"]), 0, desk.Time(1, 8));
    }

    [Fact]
    public void Run_ClientThatComesAndGoes_HasNoMoreThanItsShare()
    {
        var desk = new Desk();
        desk.Add(samples: 60, steps: 1000, client: "resident");
        for (var tick = 0; tick < 100; tick++)
        {
            if (desk.Work.Lanes[0].Clients.All(c => c.Name != "restless")) desk.Add(samples: 8, steps: 1, client: "restless");
            desk.Run();
        }
        Assert.InRange(desk.Had["restless"], 0, desk.Had["resident"] + desk.Time(1, 8));
    }

    [Fact]
    public void Run_LanesOfDifferentCost_ShareTimeAndNotTicks()
    {
        var desk = new Desk { Time = (lane, rows) => lane == 1 ? 2 + rows : 20 + 10 * rows };
        desk.Add(samples: 8, steps: 1000, lane: 1);
        desk.Add(samples: 8, steps: 1000, lane: 2);
        for (var tick = 0; tick < 300; tick++)
        {
            desk.Run();
            Assert.InRange(Math.Abs(desk.LaneHad.GetValueOrDefault(1) - desk.LaneHad.GetValueOrDefault(2)), 0, 100);
        }
    }

    [Theory]
    [InlineData(30)]
    [InlineData(4)]
    public void Run_InteractiveVisitToAnotherLane_DoesNotWaitForATickBetweenItsOwn(double longTick)
    {
        var desk = new Desk { Time = (lane, _) => lane == 1 ? longTick : 3 };
        desk.Add(samples: 8, steps: 1000, lane: 1);
        desk.Run(8);
        desk.Add(steps: 2, lane: 2, priority: RequestClass.Interactive);
        desk.Run(8);
        for (var visit = 0; visit < 10; visit++)
        {
            var request = desk.Add(steps: 2, lane: 2, priority: RequestClass.Interactive);
            Assert.Equal([2, 2], [desk.Run()!.Lane.Version, desk.Run()!.Lane.Version]);
            Assert.True(request.IsFinished);
            Assert.Equal([1, 1], [desk.Run()!.Lane.Version, desk.Run()!.Lane.Version]);
        }
    }

    [Fact]
    public void Run_InteractiveLaneThatNeverEnds_IsAheadByATickOnly()
    {
        var desk = new Desk { Time = (lane, rows) => lane == 1 ? 20 + 10 * rows : 2 + rows };
        desk.Add(samples: 8, steps: 1000, lane: 1);
        desk.Add(samples: 8, steps: 10_000, lane: 2, priority: RequestClass.Interactive);
        desk.Run(30);
        var lead = desk.LaneHad[2] - desk.LaneHad[1];
        for (var tick = 0; tick < 300; tick++)
        {
            desk.Run();
            Assert.InRange(desk.LaneHad[2] - desk.LaneHad[1] - lead, -200, 200);
        }
    }

    [Fact]
    public void Run_LaneWhoseModelLoads_WaitsAndHasNoCreditForIt()
    {
        var desk = new Desk();
        desk.Loading.Add(2);
        desk.Add(samples: 8, steps: 1000, lane: 1);
        desk.Add(samples: 8, steps: 1000, lane: 2);
        desk.Run(50);
        Assert.False(desk.LaneHad.ContainsKey(2));
        desk.LaneHad.Clear();
        desk.Loading.Clear();
        desk.Enter();
        desk.Run(20);
        Assert.InRange(Math.Abs(desk.LaneHad[1] - desk.LaneHad[2]), 0, 10);
    }

    [Fact]
    public void Plan_RequestsOfOneClient_GoByClass()
    {
        var desk = new Desk(maxRows: 2);
        var evaluation = desk.Add(priority: RequestClass.Evaluation, client: "a");
        var batch = desk.Add(priority: RequestClass.Batch, client: "a");
        var interactive = desk.Add(priority: RequestClass.Interactive, client: "a");
        Assert.Equal([interactive, batch], desk.Plan()!.Samples.Select(s => s.Owner));
        desk.Work.Remove(interactive);
        Assert.Equal([batch, evaluation], desk.Plan()!.Samples.Select(s => s.Owner));
    }

    [Fact]
    public void Plan_ClassOfOneClient_TakesNothingFromAnother()
    {
        var desk = new Desk(maxRows: 8);
        desk.Add(samples: 20, priority: RequestClass.Interactive, client: "a");
        var other = desk.Add(samples: 20, priority: RequestClass.Evaluation, client: "b");
        Assert.Equal(4, desk.Plan()!.Samples.Count(s => s.Owner == other));
    }

    [Fact]
    public void Plan_RequestsOfOneClass_GoByDeadlineAndThenByLength()
    {
        var desk = new Desk(maxRows: 3).Learn();
        var late = desk.Add(steps: 50, deadline: 4000);
        var early = desk.Add(steps: 50, deadline: 3000);
        var quick = desk.Add(steps: 2);
        var slow = desk.Add(steps: 1000);
        Assert.Equal([quick, early, late], desk.Plan()!.Samples.Select(s => s.Owner));
        Assert.True(slow.Due > late.Due);
    }

    [Fact]
    public void Plan_LargeRequestBesideSmallOnes_HasHalfOfTheTick()
    {
        var desk = new Desk(maxRows: 16);
        var large = desk.Add(samples: 64, steps: 1);
        var small = Enumerable.Range(0, 5).Select(_ => desk.Add(samples: 2, steps: 50)).ToArray();
        var plan = desk.Plan()!;
        Assert.Equal(16, plan.Evaluations);
        Assert.Equal(8, plan.Samples.Count(s => s.Owner == large));
        foreach (var one in small) desk.Work.Remove(one);
        Assert.Equal(16, desk.Plan()!.Samples.Count(s => s.Owner == large));
    }

    [Fact]
    public void Plan_LargeRequestBesideAFewRows_HasWhatTheyLeave()
    {
        var desk = new Desk(maxRows: 16);
        var large = desk.Add(samples: 64, steps: 1);
        desk.Add(samples: 2, steps: 50);
        Assert.Equal(14, desk.Plan()!.Samples.Count(s => s.Owner == large));
    }

    [Fact]
    public void Plan_SingleGuidedPicture_AlwaysFits()
    {
        var desk = new Desk(maxRows: 2);
        var guided = desk.Add(cost: 2, steps: 1);
        desk.Add(steps: 90);
        Assert.Equal([guided], desk.Plan()!.Samples.Select(s => s.Owner));
    }

    [Fact]
    public void Plan_WhileSomebodyInteractiveWaits_StaysWithinTheKnee()
    {
        var desk = new Desk(maxRows: 64) { Time = (_, rows) => 4 + rows }.Learn();
        var knee = desk.Costs.Of(Lanes.Of(1)).Fit.Knee(64);
        Assert.InRange(knee, 20, 50);
        desk.Add(samples: 64, priority: RequestClass.Batch);
        Assert.Equal(64, desk.Plan()!.Evaluations);
        var interactive = desk.Add(priority: RequestClass.Interactive);
        Assert.Equal(knee, desk.Plan()!.Evaluations);
        desk.Work.Remove(interactive);
        Assert.Equal(64, desk.Plan()!.Evaluations);
    }

    [Fact]
    public void Plan_LaneShortOfMemory_StaysWithinItsCap()
    {
        var desk = new Desk(maxRows: 64);
        desk.Add(samples: 64);
        desk.Costs.Of(Lanes.Of(1)).Cap = 5;
        Assert.Equal(5, desk.Plan()!.Evaluations);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(16)]
    public void Run_EvaluationUnderAFloodOfInteractiveRequests_IsServedWithinTheBound(int maxSkipped)
    {
        var desk = new Desk(maxRows: 8, maxSkipped: maxSkipped);
        var patient = desk.Add(samples: 1, steps: 20, priority: RequestClass.Evaluation);
        long last = 0, longest = 0;
        while (!patient.IsFinished)
        {
            while (desk.Work.Lanes[0].Clients.Single().Pictures.Count < 40) desk.Add(samples: 4, steps: 2, priority: RequestClass.Interactive);
            if (desk.Run()!.Samples.Any(s => s.Owner == patient))
            {
                longest = Math.Max(longest, desk.Work.Tick - last);
                last = desk.Work.Tick;
            }
            Assert.InRange(desk.Work.Tick - last, 0, 100);
        }
        // overdue, and behind it at most what was older: 40 pictures, half of each tick of at least 4 rows
        Assert.InRange(longest, 1, maxSkipped + 2 + 40 / 2);
    }

    [Fact]
    public void Run_OverduePairBehindSmallerOnes_IsNotPassedOverWhereverTheTickIsFull()
    {
        var desk = new Desk(maxRows: 2, maxSkipped: 2);
        desk.Add(samples: 4, steps: 1000, priority: RequestClass.Interactive);
        var pair = desk.Add(steps: 5, cost: 2, priority: RequestClass.Evaluation);
        desk.Run(60);
        Assert.True(pair.IsFinished);
    }

    [Fact]
    public void Run_ClientWithOneRequest_HasAsMuchAsOneWithTwo()
    {
        var desk = new Desk(maxRows: 5);
        desk.Add(samples: 10, steps: 100, client: "a");
        desk.Add(samples: 10, steps: 100, client: "a");
        desk.Add(samples: 20, steps: 100, client: "b");
        desk.Run(60);
        Assert.InRange(Math.Abs(desk.Had["a"] - desk.Had["b"]), 0, 2 * desk.Time(1, 5));
    }

    [Fact]
    public void Run_OverduePictures_LeaveHalfToTheUrgent()
    {
        var desk = new Desk(maxRows: 8, maxSkipped: 2);
        desk.Add(samples: 64, steps: 50, priority: RequestClass.Evaluation);
        desk.Run(20);
        var urgent = desk.Add(samples: 8, steps: 5, priority: RequestClass.Interactive);
        desk.Run();
        Assert.InRange(urgent.Waiting.Count(s => s.Done == 1), 3, 5);
    }
}
