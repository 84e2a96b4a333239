using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Jobs;

/// <summary>Several watchers of one generation: who shares a feed, who comes late, who leaves.</summary>
public sealed class FrameFeedTests : IDisposable
{
    private readonly AnalyticRig rig = new();

    private static GenerationRequest Request => new() { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 6, Seed = 1 };

    public void Dispose() => rig.Dispose();

    /// <summary>The next event of a watcher that has one.</summary>
    private static async Task<GenerationEvent> NextAsync(IAsyncEnumerator<GenerationEvent> reader)
    {
        Assert.True(await reader.MoveNextAsync());
        return reader.Current;
    }

    private static async Task<FrameEvent> FrameAsync(IAsyncEnumerator<GenerationEvent> reader)
    {
        while (true)
            if (await NextAsync(reader) is FrameEvent frame) return frame;
    }

    /// <summary>What the row of every tick is asked to bring, until the end.</summary>
    private List<FrameDemand> Demands()
    {
        var demands = new List<FrameDemand>();
        rig.Engine.BeforeForward = rows => demands.Add(rows[0].Demand);
        rig.RunAll();
        return demands;
    }

    [Fact]
    public async Task Watch_FramesThatOthersWatchAlready_GetsThoseFromNowOn()
    {
        var generation = rig.Submit(Request);
        using var early = generation.Watch(new FrameOptions());
        rig.Engine.Tick();
        using var late = generation.Watch(new FrameOptions());
        await using var reader = late.ReadAsync().GetAsyncEnumerator();
        Assert.IsType<QueuedEvent>(await NextAsync(reader));
        Assert.IsType<StartedEvent>(await NextAsync(reader));
        rig.Engine.Tick();
        Assert.Equal((2, 0), await FrameAsync(reader) is var frame ? (frame.Step, frame.Dropped) : default);
    }

    [Fact]
    public async Task Change_ToFramesThatOthersWatchAlready_GetsThoseFromNowOn()
    {
        var generation = rig.Submit(Request);
        using var early = generation.Watch(new FrameOptions());
        using var late = generation.Watch(FrameOptions.None);
        rig.Engine.Tick();
        late.Change(new FrameOptions());
        rig.Engine.Tick();
        await using var reader = late.ReadAsync().GetAsyncEnumerator();
        Assert.Equal((2, 0), await FrameAsync(reader) is var frame ? (frame.Step, frame.Dropped) : default);
    }

    [Fact]
    public void Watch_OtherRates_AreKeptApart()
    {
        var generation = rig.Submit(Request);
        using var limited = generation.Watch(new FrameOptions { MaxFps = 1 });
        using var all = generation.Watch(new FrameOptions());
        Assert.Equal(Enumerable.Repeat(FrameDemand.Noisy | FrameDemand.Clean, 6), Demands());
    }

    [Fact]
    public async Task Watch_OtherKinds_BringsAllOfThemAndGivesEachItsOwn()
    {
        var generation = rig.Submit(Request);
        using var noisy = generation.Watch(new FrameOptions(Clean: false));
        using var clean = generation.Watch(new FrameOptions(Noisy: false));
        Assert.Equal(Enumerable.Repeat(FrameDemand.Noisy | FrameDemand.Clean, 6), Demands());
        await using var ofNoisy = noisy.ReadAsync().GetAsyncEnumerator();
        await using var ofClean = clean.ReadAsync().GetAsyncEnumerator();
        Assert.Equal((false, true), await FrameAsync(ofNoisy) is var x ? (x.Noisy is null, x.Clean is null) : default);
        Assert.Equal((true, false), await FrameAsync(ofClean) is var y ? (y.Noisy is null, y.Clean is null) : default);
    }

    [Fact]
    public async Task Watch_WhenTheRowIsUnderWay_GetsNoFrameThatLacksWhatIsWanted()
    {
        var generation = rig.Submit(Request);
        using var noisy = generation.Watch(new FrameOptions(Clean: false));
        Watcher? late = null;
        rig.Engine.BeforeForward = _ => late ??= generation.Watch(new FrameOptions(Noisy: false));
        rig.Engine.Tick();
        rig.Engine.Tick();
        await using var reader = late!.ReadAsync().GetAsyncEnumerator();
        Assert.Equal((2, 0, false), await FrameAsync(reader) is var frame ? (frame.Step, frame.Dropped, frame.Clean is null) : default);
        late.Dispose();
    }

    [Fact]
    public void Dispose_OfTheLastWatcher_FetchesNothingMore()
    {
        var generation = rig.Submit(Request);
        var (first, second) = (generation.Watch(new FrameOptions(Clean: false)), generation.Watch(new FrameOptions(Clean: false)));
        first.Dispose();
        Assert.Equal(FrameDemand.Noisy, generation.Demand(0, 1));
        second.Dispose();
        Assert.Equal(FrameDemand.None, generation.Demand(0, 1));
        // nothing is left of it that could ask again
        second.Change(new FrameOptions());
        Assert.Equal([.. Enumerable.Repeat(FrameDemand.None, 5), FrameDemand.Noisy], Demands());
    }

    [Fact]
    public async Task Frames_TimeIndex_IsThatOfTheRow()
    {
        var generation = rig.Submit(Request with { Record = new FrameOptions() });
        using var watcher = generation.Watch(new FrameOptions());
        await using var reader = watcher.ReadAsync().GetAsyncEnumerator();
        var times = new List<int>();
        for (var step = 1; step <= 6; step++)
        {
            rig.Engine.Tick();
            times.Add((await FrameAsync(reader)).TimeIndex);
        }
        rig.RunAll();
        Assert.Equal(Rig.Result(generation).Trajectory!.Times, times);
        Assert.Equal(6, times.Distinct().Count());
    }
}
