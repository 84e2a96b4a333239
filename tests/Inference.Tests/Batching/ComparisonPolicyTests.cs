namespace Diffusion.Inference.Tests.Batching;

/// <summary>The policies that others have, for the benchmarks.</summary>
public class ComparisonPolicyTests
{
    [Fact]
    public void Serial_OneRequestAtATime_InTheOrderOfArrival()
    {
        var desk = new Desk("serial");
        var (first, second) = (desk.Add(samples: 2, steps: 3), desk.Add(steps: 1));
        for (var tick = 0; tick < 3; tick++) Assert.All(desk.Run()!.Samples, s => Assert.Equal(first, s.Owner));
        Assert.Equal([second], desk.Run()!.Samples.Select(s => s.Owner));
    }

    [Fact]
    public void Fifo_MixesALaneByAge()
    {
        var desk = new Desk("fifo", maxRows: 4);
        var (first, elsewhere, second, third) = (desk.Add(samples: 2), desk.Add(lane: 2), desk.Add(samples: 2, cost: 2), desk.Add());
        Assert.Equal([first, first, second], desk.Plan()!.Samples.Select(s => s.Owner));
        desk.Work.Remove(first);
        Assert.Equal([elsewhere], desk.Plan()!.Samples.Select(s => s.Owner));
        desk.Work.Remove(elsewhere);
        desk.Work.Remove(second);
        Assert.Equal([third], desk.Plan()!.Samples.Select(s => s.Owner));
    }

    [Fact]
    public void RequestLevel_RequestsOfOneRecipe_RunTogetherToTheirEnd()
    {
        var desk = new Desk("request-level");
        var (first, other, same) = (desk.Add(samples: 2, steps: 3, recipe: "ddim 3"), desk.Add(steps: 1, recipe: "dddm 1"), desk.Add(steps: 3, recipe: "ddim 3"));
        Assert.Equal([first, first, same], desk.Run()!.Samples.Select(s => s.Owner));
        var late = desk.Add(steps: 3, recipe: "ddim 3");
        for (var tick = 0; tick < 2; tick++) Assert.Equal([first, first, same], desk.Run()!.Samples.Select(s => s.Owner));
        Assert.Equal([other], desk.Run()!.Samples.Select(s => s.Owner));
        Assert.Equal([late], desk.Run()!.Samples.Select(s => s.Owner));
    }

    [Fact]
    public void RequestLevel_RequestLargerThanABatch_RunsInParts()
    {
        var desk = new Desk("request-level", maxRows: 4);
        var large = desk.Add(samples: 6, steps: 2);
        Assert.Equal([4, 4, 2, 2], Enumerable.Range(0, 4).Select(_ => desk.Run()!.Evaluations));
        Assert.True(large.IsFinished);
    }
}
