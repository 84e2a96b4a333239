using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Jobs;

public sealed class WatcherTests : IDisposable
{
    private readonly AnalyticRig rig = new();

    private static GenerationRequest Request => new() { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 6, Seed = 1, Count = 2 };

    private static IEnumerable<int> Steps(IEnumerable<GenerationEvent> events, int sample = 0) => events.OfType<FrameEvent>().Where(f => f.Sample == sample).Select(f => f.Step);

    /// <summary>Everything that a watcher has to give now.</summary>
    private static async Task<List<GenerationEvent>> DrainAsync(IAsyncEnumerator<GenerationEvent> reader, int count)
    {
        var seen = new List<GenerationEvent>();
        while (seen.Count < count && await reader.MoveNextAsync()) seen.Add(reader.Current);
        return seen;
    }

    [Fact]
    public async Task Read_AtSteps_GetsThoseStepsAlone()
    {
        var generation = rig.Submit(Request with { Count = 1 });
        using var watcher = generation.Watch(new FrameOptions { AtSteps = [2, 5] });
        await using var reader = watcher.ReadAsync().GetAsyncEnumerator();
        var seen = new List<GenerationEvent>();
        foreach (var events in (int[])[1, 1, 1, 0, 0, 1, 0])
        {
            if (seen.Count > 0) rig.Engine.Tick();
            seen.AddRange(await DrainAsync(reader, events));
        }
        Assert.Equal([2, 5], Steps(seen));
    }

    [Fact]
    public async Task Read_Samples_GetsThosePicturesAlone()
    {
        var generation = rig.Submit(Request with { Count = 3 });
        var watching = Watching.All(generation, new FrameOptions { Samples = [2] });
        rig.RunAll();
        var frames = (await watching).OfType<FrameEvent>().ToArray();
        Assert.NotEmpty(frames);
        Assert.All(frames, f => Assert.Equal(2, f.Sample));
    }

    [Fact]
    public async Task Read_MaxFps_FetchesNoMoreAndAlwaysTheLast()
    {
        // a tick takes 6.06 ms of the virtual clock: the first step, those 10 ms or more later, and the last though it comes too early
        var generation = rig.Submit(Request with { Count = 1, Steps = 8 });
        var demands = new List<int>();
        rig.Engine.BeforeForward = rows => demands.AddRange(rows.Where(r => r.Demand.HasFlag(FrameDemand.Clean)).Select(r => r.Step + 1));
        using var watcher = generation.Watch(new FrameOptions { MaxFps = 100 });
        rig.RunAll();
        Assert.Equal([1, 3, 5, 7, 8], demands);
        await using var reader = watcher.ReadAsync().GetAsyncEnumerator();
        Assert.Equal([8], Steps(await DrainAsync(reader, 4)));
        Assert.IsType<CompletedEvent>(reader.Current);
    }

    [Fact]
    public async Task Change_WhileItRuns_AppliesFromTheNextStep()
    {
        var generation = rig.Submit(Request with { Count = 1 });
        using var watcher = generation.Watch(FrameOptions.None);
        await using var reader = watcher.ReadAsync().GetAsyncEnumerator();
        rig.Engine.Tick();
        rig.Engine.Tick();
        watcher.Change(new FrameOptions(Noisy: false));
        rig.Engine.Tick();
        var seen = await DrainAsync(reader, 3);
        Assert.Equal([typeof(QueuedEvent), typeof(StartedEvent), typeof(FrameEvent)], seen.Select(e => e.GetType()));
        Assert.Equal((3, true, false), seen[2] is FrameEvent f ? (f.Step, f.Noisy is null, f.Clean is null) : default);
        watcher.Change(FrameOptions.None);
        rig.RunAll();
        Assert.IsType<CompletedEvent>(Assert.Single(await DrainAsync(reader, 1)));
    }

    [Fact]
    public async Task Read_SlowReader_MissesFramesAndNoLifecycleEvent()
    {
        var generation = rig.Submit(Request);
        using var watcher = generation.Watch(new FrameOptions());
        rig.RunAll();
        var seen = new List<GenerationEvent>();
        await foreach (var next in watcher.ReadAsync()) seen.Add(next);
        Assert.Equal([1L, 2, 3], seen.Where(e => e is not FrameEvent).Select(e => e.Sequence));
        Assert.Equal([(0, 6), (1, 6)], seen.OfType<FrameEvent>().Select(f => (f.Sample, f.Step)));
        Assert.Equal(10, seen.OfType<FrameEvent>().Sum(f => f.Dropped));
        Assert.IsType<CompletedEvent>(seen[^1]);
    }

    [Fact]
    public void Tick_WithWatchersThatNeverRead_TakesNoMoreMemoryAndNoLonger()
    {
        var alone = Allocated(watchers: 1);
        var crowd = Allocated(watchers: 1000);
        // the frames are the same for all; a queue each would be 1000 times as much
        Assert.True(crowd < 2 * alone, $"{crowd} bytes with 1000 watchers, {alone} with one");
    }

    [Fact]
    public void Tick_WithWatchersThatNeverRead_TakesTheSameStepsAtTheSameTimes()
    {
        Assert.Equal(Schedule(watchers: 0), Schedule(watchers: 100));

        List<(TimeSpan, string)> Schedule(int watchers)
        {
            using var own = new AnalyticRig();
            var start = own.Clock.GetUtcNow();
            var ticks = new List<(TimeSpan, string)>();
            own.Engine.BeforeForward = rows => ticks.Add((own.Clock.GetUtcNow() - start, string.Join(' ', rows.Select(r => $"{r.Sample}:{r.Step}"))));
            var generation = own.Submit(Request);
            for (var i = 0; i < watchers; i++) generation.Watch(new FrameOptions());
            own.Submit(Request with { Seed = 2 });
            own.RunAll();
            return ticks;
        }
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("steps")]
    [InlineData("step 0")]
    [InlineData("samples")]
    [InlineData("sample -1")]
    public void Watch_FramesThatCannotExist_NamesTheField(string wrong)
    {
        var generation = rig.Submit(Request);
        var frames = wrong switch
        {
            "memory" => new FrameOptions { Memory = true },
            "steps" => new FrameOptions { AtSteps = [7] },
            "step 0" => new FrameOptions { AtSteps = [0, 1] },
            "sample -1" => new FrameOptions { Samples = [-1] },
            _ => new FrameOptions { Samples = [2] },
        };
        var refusal = Assert.Throws<GenerationRefusedException>(() => generation.Watch(frames));
        Assert.Equal((RefusalReason.Invalid, wrong == "memory" ? "kinds" : "frames"), (refusal.Reason, Assert.Single(refusal.Errors).Field));
        using var watcher = generation.Watch(new FrameOptions());
        Assert.Throws<GenerationRefusedException>(() => watcher.Change(frames));
        Assert.Equal(new FrameOptions(), watcher.Frames);
    }

    [Fact]
    public async Task Watch_MemoryFrames_AreTheEstimatesOfTheStepBefore()
    {
        var generation = rig.Submit(new GenerationRequest { Model = AnalyticRig.Memory, Sampler = "dddm", Steps = 3, Seed = 1 });
        using var watcher = generation.Watch(new FrameOptions { Memory = true });
        await using var reader = watcher.ReadAsync().GetAsyncEnumerator();
        rig.Engine.Tick();
        var first = (FrameEvent)(await DrainAsync(reader, 3))[^1];
        rig.Engine.Tick();
        var second = (FrameEvent)(await DrainAsync(reader, 1))[^1];
        Assert.Equal(first.Clean, second.Memory);
        Assert.NotEqual(first.Memory, second.Memory);
    }

    public void Dispose() => rig.Dispose();

    /// <summary>Bytes that the ticks of a request allocate on the engine's thread.</summary>
    private long Allocated(int watchers)
    {
        var generation = rig.Submit(Request with { Steps = 100 });
        var all = Enumerable.Range(0, watchers).Select(_ => generation.Watch(new FrameOptions())).ToArray();
        rig.Engine.Tick();
        var before = GC.GetAllocatedBytesForCurrentThread();
        rig.RunAll();
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        foreach (var one in all) one.Dispose();
        return bytes;
    }
}
