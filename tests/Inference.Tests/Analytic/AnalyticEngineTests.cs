using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>The loop of the engine on a network of one line, compared to the bit with no engine at all.</summary>
public sealed class AnalyticEngineTests : IDisposable
{
    private readonly AnalyticRig rig = new(("MaxBatchRows", 16), ("MaxQueuedGenerations", 5000), ("MaxFinished", 10));

    public static GenerationRequest Request(int i) => new()
    {
        Model = i % 4 == 0 ? AnalyticRig.Memory : AnalyticRig.Labelled,
        Sampler = i % 4 == 0 ? "dddm" : i % 4 == 1 ? "ddpm" : "ddim",
        Steps = 1 + i % 5,
        Count = 1 + i % 3,
        Seed = (ulong)i,
        Labels = i % 2 == 0 ? [] : [i % 10],
        Guidance = i % 6 == 1 ? 2.5 : null,
        // clipped, a network of one line gives -1 and 1 and hides what went wrong
        Options = i % 4 == 0 ? new() : new Dictionary<string, string> { ["clip"] = "off" },
    };

    [Fact]
    public void Tick_MixedRequests_GiveWhatEachGivesAlone()
    {
        var all = Enumerable.Range(0, 100).Select(i => rig.Submit(Request(i))).ToArray();
        rig.RunAll();
        Assert.All(all, AnalyticRig.AssertExact);
        Assert.Equal(0, rig.Engine.UsedSlots);
    }

    [Fact]
    public void Tick_TakesTheTimeOfItsBatch()
    {
        rig.Device.PerTick = TimeSpan.FromMilliseconds(5);
        rig.Device.PerRow = TimeSpan.FromMilliseconds(1);
        var generation = rig.Submit(new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 3, Count = 4, Seed = 1 });
        rig.RunAll();
        Assert.Equal(3 * (5 + 4), Rig.Result(generation).SampleMilliseconds);
    }

    [Fact]
    public void Tick_CancelBeforeDuringAndAfter_EndsEachOnce()
    {
        var all = Enumerable.Range(0, 60).Select(i => rig.Submit(Request(i))).ToArray();
        for (var i = 0; i < 60; i += 3) all[i].Cancel();
        rig.Engine.Tick();
        for (var i = 1; i < 60; i += 3) all[i].Cancel();
        rig.RunAll();
        foreach (var one in all) one.Cancel();
        Assert.False(rig.Engine.Tick());
        Assert.All(all, g => Assert.True(g.State is GenerationState.Canceled or GenerationState.Succeeded));
        Assert.All(all.Where((_, i) => i % 3 == 0), g => Assert.Equal(GenerationState.Canceled, g.State));
        Assert.All(all.Where((_, i) => i % 3 == 2), AnalyticRig.AssertExact);
        Assert.Equal((0, 0L, 0), (rig.Service.Snapshot().Generations, rig.Service.Snapshot().RowsWaiting, rig.Engine.UsedSlots));
    }

    public void Dispose() => rig.Dispose();
}
