using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>A device that runs out of memory, breaks or gives NaN: who is not at fault gets exactly the same pictures.</summary>
public sealed class DeviceFailureTests : IDisposable
{
    private readonly AnalyticRig rig = new(("MaxBatchRows", 16), ("MaxQueuedGenerations", 5000));

    [Fact]
    public void OutOfMemory_IsSplitAndRetried_AndTheLaneLearns()
    {
        rig.Device.MemoryRows = 5;
        var before = rig.Device.Batches;
        var all = Submit(80);
        rig.RunAll();
        Assert.All(all, AnalyticRig.AssertExact);
        Assert.All(rig.Device.Sizes, size => Assert.InRange(size, 1, 5));
        // it halved at most four times in each of two lanes, and did not run into it again at every tick
        var failed = rig.Device.Batches - before - rig.Device.Sizes.Count;
        Assert.InRange(failed, 1, 16);
        Assert.True(rig.Device.Trims >= failed);
        Assert.Equal(0, rig.Engine.FailuresInARow);
    }

    [Theory]
    [InlineData("fair")]
    [InlineData("fifo")]
    [InlineData("request-level")]
    [InlineData("serial")]
    public void OutOfMemory_OfStates_PicturesWaitForThoseThatHaveBegun(string policy)
    {
        using var own = new AnalyticRig(("MaxBatchRows", 16), ("Policy", policy));
        own.Device.Slots = 5;
        // the second client is served first, and finds no room: the first one must go on for all that
        var first = own.Submit(new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 9, Count = 4, Seed = 1, Client = "a" });
        own.Engine.Tick();
        var all = Enumerable.Range(0, 30).Select(i => own.Submit(AnalyticEngineTests.Request(i) with { Client = "b", Count = 1 + i })).Append(first).ToArray();
        for (var ticks = 0; own.Engine.Tick(); ticks++) Assert.True(ticks < 10_000, "It goes round without an end.");
        Assert.All(all, AnalyticRig.AssertExact);
        Assert.Equal(0, own.Engine.UsedSlots);
    }

    [Fact]
    public void OutOfMemory_TheQueueShowsWhatTheLaneMayHave()
    {
        rig.Device.MemoryRows = 8;
        rig.Submit(new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddpm", Steps = 100, Count = 32, Seed = 1 });
        Assert.Equal(16, Cap());
        rig.Engine.Tick();
        Assert.Equal(8, Cap());
        rig.Device.MemoryRows = int.MaxValue;
        for (var i = 0; i < 210; i++) rig.Engine.Tick();
        Assert.Equal(12, Cap());

        int Cap() => rig.Service.Snapshot().Lanes.Single().Cap;
    }

    [Fact]
    public void OutOfMemory_ThatPasses_IsForgottenInSteps()
    {
        var one = new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddpm", Steps = 100, Count = 16, Seed = 1 };
        rig.Device.MemoryRows = 8;
        rig.Submit(one);
        rig.Engine.Tick();
        rig.Device.MemoryRows = int.MaxValue;
        rig.RunAll();
        for (var i = 0; i < 4; i++)
        {
            rig.Submit(one);
            rig.RunAll();
        }
        Assert.Equal([8, 12, 16], rig.Device.Sizes.Skip(2).Where(s => s is 8 or 12 or 16).Distinct());
    }

    [Fact]
    public void OutOfMemory_OfOnePairAlone_FailsThatRequestOnly()
    {
        rig.Device.MemoryRows = 1;
        var guided = rig.Submit(new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 3, Labels = [1], Guidance = 2, Seed = 1 });
        var plain = rig.Submit(new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 3, Count = 3, Seed = 2 });
        rig.RunAll();
        Assert.Equal("gpu-out-of-memory", Rig.Failure(guided).Problem);
        AnalyticRig.AssertExact(plain);
    }

    [Fact]
    public void Failure_BeforeAnyCommit_CostsNobodyAnything()
    {
        var calls = 0;
        rig.Device.BeforeCommit = _ =>
        {
            if (++calls % 3 == 0) throw new InvalidOperationException("broken kernel");
        };
        var all = Submit(80).Where(g => g.Count > 1).ToArray();
        rig.RunAll();
        var good = all.Where(g => g.State == GenerationState.Succeeded).ToArray();
        Assert.NotEmpty(good);
        Assert.All(good, AnalyticRig.AssertExact);
        Assert.Equal(0, rig.Engine.UsedSlots);
    }

    [Fact]
    public void Failure_OfOneRequest_FailsThatRequestOnly()
    {
        rig.Device.BeforeCommit = rows =>
        {
            if (rows.Any(r => r.Seed == 13)) throw new InvalidOperationException("broken kernel");
        };
        var all = Submit(40);
        rig.RunAll();
        Assert.Equal("engine-error", Rig.Failure(all[13]).Problem);
        Assert.All(all.Where((_, i) => i != 13), AnalyticRig.AssertExact);
    }

    [Fact]
    public void NaN_FailsItsRequestOnly()
    {
        rig.Device.IsPoisoned = row => row.Seed is 7 or 21 && row.Step == 1;
        var all = Submit(40);
        rig.RunAll();
        Assert.Equal(["non-finite", "non-finite"], new[] { all[7], all[21] }.Select(g => Rig.Failure(g).Problem));
        Assert.All(all.Where((_, i) => i is not (7 or 21)), AnalyticRig.AssertExact);
        Assert.Equal(0, rig.Engine.UsedSlots);
    }

    public void Dispose() => rig.Dispose();

    private Generation[] Submit(int count) => [.. Enumerable.Range(0, count).Select(i => rig.Submit(AnalyticEngineTests.Request(i)))];
}
