using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Quotas;
using Diffusion.Inference.Store;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Store;

public sealed class RecoveryTests : IDisposable
{
    private readonly TemporaryFolder folder = StoreRig.Folder();

    [Theory]
    [InlineData("ddim")]
    [InlineData("ddpm")]
    public async Task Restart_Unfinished_GivesThePicturesOfAnUndisturbedRun(string sampler)
    {
        var request = StoreRig.Request with { Sampler = sampler, Seed = null, Count = 2, Labels = [1, 2], Guidance = 3, Record = new FrameOptions(2) };
        string id;
        GenerationRequest resolved;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            var generation = await first.KeepAsync(request);
            first.Watcher.LoadWanted();
            first.Engine.Tick();
            (id, resolved) = (generation.Id, generation.Request.Resolved);
        }
        await using var second = await StoreRig.StartAsync(folder);
        await second.FinishAsync(id);
        var undisturbed = second.Generations.Submit(resolved);
        second.RunAll();
        Assert.Equal(Rig.Result(undisturbed).Values, second.Result(id).Values);
        Assert.Equal(Rig.Result(undisturbed).Trajectory!.Noisy, second.Result(id).Trajectory!.Noisy);
    }

    [Fact]
    public async Task Restart_Strict_StaysStrictAndGivesTheSameBits()
    {
        var request = StoreRig.Request with { Determinism = Determinism.Strict, Count = 3, Steps = 5 };
        string id;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            id = (await first.KeepAsync(request)).Id;
            first.Watcher.LoadWanted();
            first.Engine.Tick();
        }
        await using var second = await StoreRig.StartAsync(folder);
        await StoreRig.UntilAsync(() => second.Generations.Find(id) is not null);
        Assert.Equal(Determinism.Strict, second.Generations.Find(id)!.Determinism);
        // neighbours of its own level, and others
        for (ulong seed = 0; seed < 6; seed++)
            second.Generations.Submit(StoreRig.Request with { Seed = seed, Count = 2, Determinism = seed % 2 == 0 ? Determinism.Strict : Determinism.Seeded });
        await second.FinishAsync(id);
        Assert.Equal(Determinism.Strict, second.Record(id).Facts.Determinism);
        var undisturbed = second.Generations.Submit(request);
        second.RunAll();
        Assert.Equal(Rig.Result(undisturbed).Values, second.Result(id).Values);
    }

    [Fact]
    public async Task Stop_WithoutAnEnd_DoesNotCancelIt()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder)) id = (await first.KeepAsync(StoreRig.Request)).Id;
        await using var second = await StoreRig.StartAsync(folder);
        Assert.Equal(RecordState.Queued, second.Record(id).State);
        await StoreRig.UntilAsync(() => second.Generations.Find(id) is not null);
    }

    [Fact]
    public async Task Restart_NewerVersionOfTheModel_KeepsTheOneThatWasPromised()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder)) id = (await first.KeepAsync(StoreRig.Request)).Id;
        TinyModels.Publish(new CheckpointStore(folder["models"], TimeProvider.System), StoreRig.Model, seed: 9);
        await using var second = await StoreRig.StartAsync(folder);
        await second.FinishAsync(id);
        Assert.Equal(1, second.Record(id).Facts.Version);
        var undisturbed = second.Generations.Submit(StoreRig.Request with { Model = StoreRig.Model + "@1" });
        second.RunAll();
        Assert.Equal(Rig.Result(undisturbed).Values, second.Result(id).Values);
    }

    [Fact]
    public async Task Restart_ModelVersionGone_FailsWithThatProblem()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder)) id = (await first.KeepAsync(StoreRig.Request)).Id;
        TinyModels.Publish(new CheckpointStore(folder["models"], TimeProvider.System), StoreRig.Model, seed: 9);
        Directory.Delete(Path.Combine(folder["models"], StoreRig.Model, "v000001"), recursive: true);
        await using var second = await StoreRig.StartAsync(folder);
        await second.WrittenAsync(id);
        var record = second.Record(id);
        Assert.Equal((RecordState.Failed, Problems.ModelGone), (record.State, record.Problem));
        Assert.Contains("has no version '1'", record.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, RecordState.Succeeded, null)]
    [InlineData(100, RecordState.Failed, Problems.DeadlineExceeded)]
    public async Task Restart_WithADeadline_HasWhatIsLeftOfIt(int secondsDown, RecordState state, string? problem)
    {
        var clock = new ManualTimeProvider();
        string id;
        await using (var first = await StoreRig.StartAsync(folder, clock))
        {
            // the engine has to be known to be fast enough before it promises anything
            first.Generations.Submit(StoreRig.Request);
            first.RunAll();
            id = (await first.KeepAsync(StoreRig.Request with { Deadline = TimeSpan.FromSeconds(100), Client = "somebody" })).Id;
            Assert.Equal("somebody", first.Session.Database.Read(c => c.Generations.Find(id)!.Client));
        }
        clock.Advance(TimeSpan.FromSeconds(secondsDown));
        await using var second = await StoreRig.StartAsync(folder, clock);
        await second.FinishAsync(id);
        var record = second.Record(id);
        Assert.True((state, problem) == (record.State, record.Problem), $"{record.State}, {record.Problem}: {record.Detail}");
    }

    [Fact]
    public async Task Restart_ClientWithAQuota_IsNotChargedAgainAndKeepsItsWeight()
    {
        // all that it may use at once and in a minute; a second charge would be refused
        var allowance = new Allowance(RowsPerMinute: 3, ConcurrentRows: 1, Weight: 4);
        string id;
        await using (var first = await StoreRig.StartAsync(folder)) id = (await first.KeepAsync(StoreRig.Request with { Client = "metered", Allowance = allowance })).Id;
        await using var second = await StoreRig.StartAsync(folder);
        await StoreRig.UntilAsync(() => second.Generations.Find(id) is not null);
        var taken = second.Generations.Find(id)!.Request;
        Assert.Equal(("metered", 4d), (taken.Client, taken.ClientWeight));
        var another = second.Generations.Submit(StoreRig.Request with { Client = "metered", Allowance = allowance });
        await second.FinishAsync(id);
        Assert.Equal(RecordState.Succeeded, second.Record(id).State);
        Assert.True(another.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Restart_StoredRequestOfANewerVersion_FailsAndSaysSo()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            id = (await first.KeepAsync(StoreRig.Request)).Id;
            await first.Session.Writer.WriteAsync(context =>
            {
                var row = context.Generations.Find(id)!;
                context.Entry(row).Property(r => r.Document).CurrentValue = row.Document.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal);
                return true;
            });
        }
        await using var second = await StoreRig.StartAsync(folder);
        await StoreRig.UntilAsync(() => second.Session.Database.Read(c => c.Generations.Find(id)!.State) == RecordState.Failed);
        Assert.Equal(Problems.NoLongerValid, second.Session.Database.Read(c => c.Generations.Find(id)!.Problem));
    }

    [Fact]
    public async Task Restart_CancelWasPromised_IsNotTakenUp()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            var generation = await first.KeepAsync(StoreRig.Request);
            id = generation.Id;
            await first.Session.Writer.WriteAsync(context => context.Generations.Find(id)!.CancelRequested = true);
        }
        await using var second = await StoreRig.StartAsync(folder);
        await second.WrittenAsync(id);
        Assert.Equal(RecordState.Canceled, second.Record(id).State);
        Assert.Null(second.Generations.Find(id));
    }

    [Fact]
    public async Task Restart_MoreThanTheQueueTakes_AreTakenUpAsThereIsRoom()
    {
        var ids = new List<string>();
        await using (var first = await StoreRig.StartAsync(folder))
            for (var i = 0; i < 5; i++) ids.Add((await first.KeepAsync(StoreRig.Request with { Seed = (ulong)i })).Id);
        await using var second = await StoreRig.StartAsync(folder, settings: ("MaxQueuedGenerations", 2));
        foreach (var id in ids)
        {
            await StoreRig.UntilAsync(() =>
            {
                second.RunAll();
                return second.Record(id).IsFinal;
            });
            Assert.Equal(RecordState.Succeeded, second.Record(id).State);
        }
    }

    [Fact]
    public async Task Restart_MoreThanTheQueueTakes_OldestFirst()
    {
        var ids = new List<string>();
        var clock = new ManualTimeProvider();
        await using (var first = await StoreRig.StartAsync(folder, clock))
            for (var i = 0; i < 3; i++)
            {
                ids.Add((await first.KeepAsync(StoreRig.Request)).Id);
                clock.Advance(TimeSpan.FromMilliseconds(5));
            }
        await using var second = await StoreRig.StartAsync(folder, clock, ("MaxQueuedGenerations", 1));
        await StoreRig.UntilAsync(() => ids.Any(id => second.Generations.Find(id) is not null));
        Assert.NotNull(second.Generations.Find(ids[0]));
    }

    [Fact]
    public async Task Start_StrayFiles_AreRemovedAndResultsAreNot()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            id = (await first.KeepAsync(StoreRig.Request)).Id;
            await first.FinishAsync(id);
        }
        var shelf = Path.GetDirectoryName(Directory.GetFiles(Path.Combine(folder["store"], "results"), "*", SearchOption.AllDirectories).Single())!;
        File.WriteAllText(Path.Combine(shelf, ".new-gen_half"), "half");
        File.WriteAllText(Path.Combine(shelf, "gen_unknown.safetensors"), "nobody's");
        await using var second = await StoreRig.StartAsync(folder);
        Assert.Equal(id + ".safetensors", Path.GetFileName(Directory.GetFiles(shelf).Single()));
        Assert.NotNull(second.Archive.ReadResult(second.Record(id)));
    }

    public void Dispose() => folder.Dispose();
}
