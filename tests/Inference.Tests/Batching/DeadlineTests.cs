using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Inference.Tests.Batching;

/// <summary>What is promised is kept, whoever else comes.</summary>
public class DeadlineTests
{
    private const int MaxRows = 16;

    public sealed record Arrival(int Lane, int Samples, int Steps, int Cost, int Client, int Gap, double Tightness, bool IsPromised);

    private static readonly Arbitrary<Arrival[]> Runs = (
        from lane in Gen.Choose(1, 2)
        from samples in Gen.Choose(1, 12)
        from steps in Gen.Choose(1, 15)
        from cost in Gen.Choose(1, 2)
        from client in Gen.Choose(1, 3)
        from gap in Gen.Choose(0, 60)
        from tightness in Gen.Choose(2, 60)
        from promised in Gen.Elements(true, false)
        select new Arrival(lane, samples, steps, cost, client, gap, tightness / 10.0, promised)).ArrayOf().ToArbitrary();

    [Fact]
    public void Run_EveryAcceptedDeadline_IsMet() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Runs, arrivals =>
        {
            var desk = New();
            var promised = new List<Work>();
            var next = 0.0;
            foreach (var arrival in arrivals)
            {
                next += arrival.Gap;
                while (desk.Now < next && desk.Run() is not null) KeepsAll(desk, promised);
                if (arrival.IsPromised) Promise(desk, arrival, promised);
                else desk.Add(arrival.Samples, arrival.Steps, arrival.Cost, arrival.Lane, $"client {arrival.Client}", RequestClass.Interactive);
            }
            while (desk.Run() is not null) KeepsAll(desk, promised);
        }));

    [Fact]
    public void Run_PromiseUnderAnyLoad_IsKeptAndPaidFor()
    {
        var desk = New();
        for (var i = 0; i < 5; i++) desk.Add(samples: 64, steps: 500, client: $"other {i}", priority: RequestClass.Interactive);
        desk.Run(20);
        desk.Had.Clear();
        var urgent = desk.Add(samples: 4, steps: 10, client: "urgent", priority: RequestClass.Evaluation, deadline: 150);
        while (!urgent.IsFinished) desk.Run();
        Assert.InRange(desk.Now, 0, urgent.Deadline!.Value);
        // served before its turn, its client waits for the others afterwards
        desk.Add(samples: 64, steps: 500, client: "urgent");
        desk.Run(200);
        Assert.InRange(desk.Had["urgent"], 0, desk.Had.Values.Average() + desk.Time(1, MaxRows));
    }

    [Fact]
    public void Broken_DeadlineThatCannotBeMetEvenAlone_IsNamedAtOnce()
    {
        var desk = New();
        var hopeless = desk.Add(steps: 100, deadline: 60);
        var possible = desk.Add(steps: 2, deadline: 60);
        Assert.Equal([hopeless], Promises.Broken(desk.Work, desk.Now));
        Assert.Equal([hopeless, possible], Promises.Broken(desk.Work, 61));
    }

    [Fact]
    public void Demand_OneRequestAlone_IsItsStepsOfTheTicksItMayFill()
    {
        var desk = New();
        var cost = desk.Costs.Of(Lanes.Of(1));
        var tick = cost.Fit.Most(DeadlineDemand.TickRows(cost.Fit, MaxRows));
        Assert.Equal(10 * tick, new DeadlineDemand(MaxRows).Add(Lanes.Of(1), cost, 1, 1, 10, 10), 1e-6);
    }

    private static Desk New() => new Desk(maxRows: MaxRows) { Time = (lane, rows) => lane * (3 + 0.5 * rows) }.Learn(1).Learn(2);

    /// <summary>Admission as the engine has it: the promises so far and this one, at what they cost at most, hold beside a tick that runs.</summary>
    private static void Promise(Desk desk, Arrival arrival, List<Work> promised)
    {
        var alone = arrival.Steps * desk.Time(arrival.Lane, MaxRows);
        var one = desk.Add(
            arrival.Samples, arrival.Steps, arrival.Cost, arrival.Lane, $"client {arrival.Client}", RequestClass.Evaluation, arrival.Tightness * alone);
        var demand = new DeadlineDemand(MaxRows);
        var wait = desk.Costs.Of(Lanes.Of(2)).Fit.Most(MaxRows);
        var holds = desk.Work.Promised.All(w =>
            desk.Now + wait + demand.Add(w.Lane, desk.Costs.Of(w.Lane), w.Waiting.Count, w.Cost, w.RowsLeft, w.StepsLeft) <= w.Deadline);
        if (holds) promised.Add(one);
        else desk.Work.Remove(one);
    }

    private static void KeepsAll(Desk desk, List<Work> promised)
    {
        // what ended in this tick ended with it, so it has to hold of those too
        foreach (var one in promised) Assert.True(desk.Now <= one.Deadline, $"deadline {one.Deadline}, now {desk.Now}");
        promised.RemoveAll(w => w.IsFinished);
    }
}
