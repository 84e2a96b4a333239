using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Jobs;

public sealed class GenerationTests : IDisposable
{
    private readonly Rig rig = new();

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 6, Seed = 1, Count = 2 };

    [Fact]
    public async Task Watch_FromTheStart_SeesTheWholeLife()
    {
        var generation = rig.Submit(Request);
        var watching = Watching.All(generation, FrameOptions.None);
        rig.RunAll();
        var events = await watching;
        Assert.Equal([typeof(QueuedEvent), typeof(StartedEvent), typeof(CompletedEvent)], events.Select(e => e.GetType()));
        Assert.Equal([1, 2, 3], events.Select(e => e.Sequence));
        Assert.All(events, e => Assert.Equal(generation.Id, e.Id));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(99, 1)]
    public async Task Watch_AfterTheEnd_ReplaysFromTheSequence(long from, int expected)
    {
        var generation = rig.Submit(Request);
        rig.RunAll();
        var events = await Watching.All(generation, new FrameOptions(), from);
        Assert.Equal(expected, events.Count);
        Assert.IsType<CompletedEvent>(events[^1]);
    }

    [Fact]
    public async Task Watch_ReaderThatNeverReads_KeepsOneFrameOfEachPicture()
    {
        var generation = rig.Submit(Request);
        await using var slow = generation.WatchAsync(new FrameOptions()).GetAsyncEnumerator();
        await slow.MoveNextAsync();
        rig.RunAll();
        var rest = new List<GenerationEvent>();
        while (await slow.MoveNextAsync()) rest.Add(slow.Current);
        var frames = rest.OfType<FrameEvent>().ToArray();
        Assert.Equal([0, 1], frames.Select(f => f.Sample).Order());
        Assert.All(frames, f => Assert.Equal(6, f.Step));
        Assert.Equal(10, frames.Sum(f => f.Dropped));
        Assert.IsType<CompletedEvent>(rest[^1]);
    }

    [Fact]
    public async Task Watch_EverySecondStep_GetsThoseAndTheLast()
    {
        var generation = rig.Submit(Request with { Count = 1, Steps = 5 });
        await using var reader = generation.WatchAsync(new FrameOptions(Every: 2, Clean: false)).GetAsyncEnumerator();
        var seen = new List<string>();
        // what a tick brought is read before the next one can replace it
        foreach (var ticks in (int[])[0, 1, 1, 2, 1, 0])
        {
            for (var tick = 0; tick < ticks; tick++) rig.Engine.Tick();
            Assert.True(await reader.MoveNextAsync());
            seen.Add(reader.Current is FrameEvent { Clean: null, Noisy.Length: 64 } frame ? $"frame {frame.Step}" : reader.Current.GetType().Name);
        }
        Assert.Equal([nameof(QueuedEvent), nameof(StartedEvent), "frame 2", "frame 4", "frame 5", nameof(CompletedEvent)], seen);
    }

    [Fact]
    public async Task Watch_CanceledReader_DoesNotEndTheGeneration()
    {
        var generation = rig.Submit(Request);
        using var leave = new CancellationTokenSource();
        await using var reader = generation.WatchAsync(new FrameOptions(), cancellationToken: leave.Token).GetAsyncEnumerator();
        await reader.MoveNextAsync();
        var waiting = reader.MoveNextAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        rig.RunAll();
        Rig.Result(generation);
    }

    [Fact]
    public async Task Watch_FailedGeneration_EndsWithItsProblem()
    {
        rig.Engine.BeforeForward = _ => throw new InvalidOperationException("broken");
        var generation = rig.Submit(Request);
        var watching = Watching.All(generation, new FrameOptions());
        rig.RunAll();
        Assert.Equal("engine-error", Assert.IsType<FailedEvent>((await watching)[^1]).Problem);
    }

    [Fact]
    public void Tick_WithoutWatchers_FetchesNothingButTheResult()
    {
        rig.Submit(Request with { Count = 1 });
        var demands = new List<string>();
        rig.Engine.BeforeForward = rows => demands.Add(rows[0].Demand.ToString());
        rig.RunAll();
        Assert.Equal(["None", "None", "None", "None", "None", "Noisy"], demands);
    }

    public void Dispose() => rig.Dispose();
}
