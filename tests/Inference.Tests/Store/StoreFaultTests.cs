using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Diffusion.Testing;
using Microsoft.Data.Sqlite;

namespace Diffusion.Inference.Tests.Store;

public sealed class StoreFaultTests : IDisposable
{
    private readonly TemporaryFolder folder = StoreRig.Folder();

    private string Results => Path.Combine(folder["store"], "results");

    [Fact]
    public async Task Keep_DatabaseLocked_RefusesAndLaterAccepts()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: ("BusyTimeout", "00:00:01"));
        var before = await rig.KeepAsync(StoreRig.Request);
        using (var intruder = new SqliteConnection($"Data Source={Path.Combine(folder["store"], "generations.db")};Pooling=False"))
        {
            intruder.Open();
            using var held = intruder.BeginTransaction();
            var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => rig.KeepAsync(StoreRig.Request));
            Assert.Contains("locked", refused.Message, StringComparison.Ordinal);
            rig.RunAll();
            await StoreRig.UntilAsync(() => rig.Archive.Trouble is not null);
        }
        await StoreRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(2));
            return rig.Archive.Trouble is null && rig.Record(before.Id).IsFinal;
        });
        Assert.Equal(Rig.Result(before).Values, rig.Result(before.Id).Values);
        await rig.KeepAsync(StoreRig.Request);
    }

    [Fact]
    public async Task Keep_DatabaseFull_RefusesWithoutLosingWhatIsThere()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: [("MaxDatabaseBytes", 1 << 17), ("MaxQueuedGenerations", 5000)]);
        var kept = new List<string>();
        StoreUnavailableException? full = null;
        while (full is null && kept.Count < 5000)
        {
            try
            {
                kept.Add((await rig.KeepAsync(StoreRig.Request with { Steps = 1 })).Id);
            }
            catch (StoreUnavailableException refusal)
            {
                full = refusal;
            }
        }
        Assert.Contains("full", full!.Message, StringComparison.Ordinal);
        Assert.InRange(kept.Count, 20, 4999);
        // room again: the records of those that are removed
        foreach (var id in kept.Take(kept.Count / 2)) Assert.True(await rig.Archive.RemoveAsync(id));
        foreach (var id in kept.Skip(kept.Count / 2)) Assert.Equal(RecordState.Queued, rig.Record(id).State);
        var last = await rig.KeepAsync(StoreRig.Request);
        await rig.FinishAsync(last.Id);
        Assert.Equal(RecordState.Succeeded, rig.Record(last.Id).State);
    }

    [Fact]
    public async Task Result_CannotBeWritten_IsTriedAgainAndNothingNewIsAccepted()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        File.WriteAllText(Results, "in the way");
        var generation = await rig.KeepAsync(StoreRig.Request);
        rig.RunAll();
        await StoreRig.UntilAsync(() => rig.Archive.Trouble is not null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => rig.KeepAsync(StoreRig.Request));
        Assert.False(rig.Record(generation.Id).IsFinal);
        File.Delete(Results);
        await StoreRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(2));
            return rig.Record(generation.Id).IsFinal && rig.Archive.Trouble is null;
        });
        Assert.Equal(Rig.Result(generation).Values, rig.Result(generation.Id).Values);
        await rig.KeepAsync(StoreRig.Request);
    }

    [Fact]
    public async Task Stop_ResultCannotBeWritten_IsLeftToTheNextStart()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            File.WriteAllText(Results, "in the way");
            id = (await first.KeepAsync(StoreRig.Request)).Id;
            first.RunAll();
            await StoreRig.UntilAsync(() => first.Archive.Trouble is not null);
        }
        File.Delete(Results);
        await using var second = await StoreRig.StartAsync(folder);
        await second.FinishAsync(id);
        Assert.Equal(RecordState.Succeeded, second.Record(id).State);
    }

    [Fact]
    public async Task Start_FolderOfAnotherService_StaysShutUntilItIsFree()
    {
        await using var first = await StoreRig.StartAsync(folder);
        await using var second = await StoreRig.StartAsync(folder);
        Assert.Contains("Another service has", second.Archive.Trouble, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => second.KeepAsync(StoreRig.Request));
        var plain = second.Generations.Submit(StoreRig.Request);
        second.RunAll();
        Assert.Equal(RecordState.Succeeded, second.Record(plain.Id).State);
        await first.StopAsync();
        await StoreRig.UntilAsync(() =>
        {
            second.Clock.Advance(TimeSpan.FromSeconds(2));
            return second.Archive.Trouble is null;
        });
        await second.KeepAsync(StoreRig.Request);
    }

    [Fact]
    public async Task Start_DatabaseOfANewerVersion_StaysShut()
    {
        await (await StoreRig.StartAsync(folder)).DisposeAsync();
        using (var future = new SqliteConnection($"Data Source={Path.Combine(folder["store"], "generations.db")};Pooling=False"))
        {
            future.Open();
            StoreSchema.Execute(future, "PRAGMA user_version = 99");
        }
        await using var rig = await StoreRig.StartAsync(folder);
        Assert.Contains("schema 99", rig.Archive.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DatabaseIsNoDatabase_StaysShut()
    {
        Directory.CreateDirectory(folder["store"]);
        File.WriteAllText(Path.Combine(folder["store"], "generations.db"), new string('x', 5000));
        await using var rig = await StoreRig.StartAsync(folder);
        Assert.Contains("damaged", rig.Archive.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_DamagedFile_IsNotGivenOut()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var generation = await rig.KeepAsync(StoreRig.Request);
        await rig.FinishAsync(generation.Id);
        var file = Directory.GetFiles(Results, "*", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^10]);
        Assert.Throws<StoreUnavailableException>(() => rig.Archive.ReadResult(rig.Record(generation.Id)));
    }

    public void Dispose() => folder.Dispose();
}
