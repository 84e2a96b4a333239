using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Store;

public sealed class GenerationArchiveTests : IDisposable
{
    private readonly TemporaryFolder folder = StoreRig.Folder();

    [Fact]
    public async Task Keep_Finished_ResultIsReadBackBitForBit()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request with { Count = 3, Labels = [4, 7], Guidance = 2 });
        Assert.Equal(RecordState.Queued, rig.Record(generation.Id).State);
        await rig.FinishAsync(generation.Id);
        var (record, result, expected) = (rig.Record(generation.Id), rig.Result(generation.Id), Rig.Result(generation));
        Assert.Equal(RecordState.Succeeded, record.State);
        Assert.Equal(expected.Values, result.Values);
        Assert.Equal((3, 1, 8, 8), (result.Count, result.Channels, result.Height, result.Width));
        Assert.Equal([4, 7, 4], result.Labels);
        Assert.Equal(generation.Facts.Starts, record.Facts.Starts);
        Assert.Equal(generation.Facts with { Starts = [] }, record.Facts with { Starts = [] });
        Assert.Equal(record.Ended + TimeSpan.FromDays(7), record.Expires);
    }

    [Fact]
    public async Task Keep_RecordedFrames_AreReadBackBitForBitAfterARestart()
    {
        string id;
        Trajectory expected;
        await using (var rig = await StoreRig.StartAsync(folder))
        {
            var generation = await rig.KeepAsync(StoreRig.Request with { Count = 2, Record = new FrameOptions { AtSteps = [1, 3] } });
            id = generation.Id;
            await rig.FinishAsync(id);
            expected = Rig.Result(generation).Trajectory!;
        }
        await using var next = await StoreRig.StartAsync(folder);
        var kept = next.Result(id).Trajectory!;
        Assert.Equal([1, 3], kept.Steps);
        Assert.Equal(expected.Times, kept.Times);
        Assert.Equal(2 * 2 * 64, kept.Noisy!.Length);
        Assert.Equal(expected.Noisy, kept.Noisy);
        Assert.Equal(expected.Clean, kept.Clean);
        Assert.Null(kept.Memory);
    }

    [Fact]
    public async Task Keep_RequestWithDefaults_RecordsThemAll()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(new GenerationRequest());
        var request = rig.Record(generation.Id).Request;
        Assert.Equal(($"{StoreRig.Model}@1", "ddim", 5, generation.Seed, 1.0), (request.Model, request.Sampler, request.Steps, request.Seed!.Value, request.Guidance));
    }

    [Fact]
    public async Task Keep_ManyAtOnce_AreAllOnTheDisk()
    {
        string[] ids;
        await using (var rig = await StoreRig.StartAsync(folder))
            ids = [.. (await Task.WhenAll(Enumerable.Range(0, 300).Select(i => rig.KeepAsync(StoreRig.Request with { Seed = (ulong)i })))).Select(g => g.Id)];
        await using var next = await StoreRig.StartAsync(folder);
        Assert.Equal(ids.Order(), next.Archive.List(400).Select(r => r.Id).Order());
    }

    [Fact]
    public async Task Keep_EndedGeneration_IsWrittenAllTheSame()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = rig.Generations.Submit(StoreRig.Request);
        rig.RunAll();
        await rig.Archive.KeepAsync(generation, new Dictionary<string, string> { ["format"] = "webp" });
        await rig.WrittenAsync(generation.Id);
        Assert.Equal(Rig.Result(generation).Values, rig.Result(generation.Id).Values);
        Assert.Equal("webp", rig.Record(generation.Id).Answer["format"]);
    }

    [Fact]
    public async Task Find_PlainGeneration_IsThereAndNotDurable()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = rig.Generations.Submit(StoreRig.Request);
        Assert.False(rig.Record(generation.Id).IsDurable);
        rig.RunAll();
        Assert.Equal(RecordState.Succeeded, rig.Record(generation.Id).State);
        Assert.Equal(Rig.Result(generation).Values, rig.Result(generation.Id).Values);
        Assert.Empty(rig.Archive.List(10));
        Assert.Null(rig.Archive.Find("gen_0"));
    }

    [Fact]
    public async Task List_Pages_AreNewestFirstAndMissNone()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add((await rig.KeepAsync(StoreRig.Request)).Id);
            rig.Clock.Advance(TimeSpan.FromMilliseconds(5));
        }
        ids.Reverse();
        var seen = new List<string>();
        for (string? cursor = null; seen.Count < 7; cursor = seen[^1]) seen.AddRange(rig.Archive.List(3, cursor).Select(r => r.Id));
        Assert.Equal(ids, seen);
        await rig.Archive.CancelAsync(ids[2]);
        await rig.FinishAsync(ids[0]);
        await rig.WrittenAsync(ids[2]);
        Assert.Equal([ids[2]], rig.Archive.List(10, state: RecordState.Canceled).Select(r => r.Id));
    }

    [Fact]
    public async Task Cancel_Running_IsRecordedAndCannotBeRepeated()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request with { Steps = 50 });
        rig.Watcher.LoadWanted();
        rig.Engine.Tick();
        await StoreRig.UntilAsync(() => rig.Record(generation.Id).State == RecordState.Running);
        var running = rig.Record(generation.Id);
        Assert.Equal([(typeof(QueuedEvent), 1), (typeof(StartedEvent), 2)], running.Events.Select(e => (e.GetType(), e.Sequence)));
        Assert.True((await rig.Archive.CancelAsync(generation.Id))!.Value.Changed);
        await rig.FinishAsync(generation.Id);
        var record = rig.Record(generation.Id);
        Assert.Equal(RecordState.Canceled, record.State);
        Assert.True(record.Revision > running.Revision);
        Assert.Equal([(typeof(QueuedEvent), 1), (typeof(StartedEvent), 2), (typeof(CanceledEvent), 3)], record.Events.Select(e => (e.GetType(), e.Sequence)));
        Assert.False((await rig.Archive.CancelAsync(generation.Id))!.Value.Changed);
        Assert.Null(await rig.Archive.CancelAsync("gen_0"));
    }

    [Fact]
    public async Task Remove_Running_LeavesNothing()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request with { Steps = 50 });
        Assert.True(await rig.Archive.RemoveAsync(generation.Id));
        rig.RunAll();
        await rig.StopAsync();
        Assert.Equal(GenerationState.Canceled, generation.State);
        Assert.False(Directory.Exists(Path.Combine(folder["store"], "results")));
        await using var next = await StoreRig.StartAsync(folder);
        Assert.Empty(next.Archive.List(10));
    }

    [Fact]
    public async Task Remove_WhileItsResultIsWritten_LeavesNoFile()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request);
        await rig.Session.Writer.WriteAsync(context => context.Remove(context.Generations.Find(generation.Id)!));
        rig.RunAll();
        await Task.WhenAll(rig.Archive.Unfinished);
        Assert.Equal(GenerationState.Succeeded, generation.State);
        Assert.Empty(Results());
    }

    [Fact]
    public async Task Remove_Finished_TakesItsFile()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request);
        await rig.FinishAsync(generation.Id);
        Assert.Single(Results());
        Assert.True(await rig.Archive.RemoveAsync(generation.Id));
        Assert.Empty(Results());
        Assert.Null(rig.Archive.Find(generation.Id));
        Assert.False(await rig.Archive.RemoveAsync(generation.Id));
    }

    [Fact]
    public async Task Failure_OfTheGeneration_IsRecorded()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request);
        rig.Engine.BeforeForward = _ => throw new InvalidOperationException("broken");
        await rig.FinishAsync(generation.Id);
        var record = rig.Record(generation.Id);
        Assert.Equal((RecordState.Failed, Problems.EngineError), (record.State, record.Problem));
        Assert.DoesNotContain("broken", record.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ReturnsWithTheEndOrTheLimit()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request);
        var limited = rig.Archive.WaitAsync(generation.Id, TimeSpan.FromSeconds(3), CancellationToken.None);
        Assert.False(limited.IsCompleted);
        rig.Clock.Advance(TimeSpan.FromSeconds(3));
        await limited;
        Assert.False(rig.Record(generation.Id).IsFinal);
        var patient = rig.Archive.WaitAsync(generation.Id, TimeSpan.FromSeconds(3), CancellationToken.None);
        rig.RunAll();
        await patient;
        Assert.True(rig.Record(generation.Id).IsFinal);
    }

    public void Dispose() => folder.Dispose();

    private string[] Results() => Directory.GetFiles(Path.Combine(folder["store"], "results"), "*", SearchOption.AllDirectories);
}
