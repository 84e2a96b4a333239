using Diffusion.Inference.Store;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Store;

public sealed class RetentionTests : IDisposable
{
    private readonly TemporaryFolder folder = StoreRig.Folder();

    [Fact]
    public async Task Sweep_OldResult_ExpiresAndIsRememberedForAWhile()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: [("ResultAge", "01:00:00"), ("TombstoneAge", "02:00:00"), ("SweepInterval", "1.00:00:00")]);
        var generation = await rig.KeepAsync(StoreRig.Request);
        await rig.FinishAsync(generation.Id);
        rig.Clock.Advance(TimeSpan.FromMinutes(59));
        await rig.Retention.SweepAsync(rig.Session);
        Assert.Equal(RecordState.Succeeded, rig.Record(generation.Id).State);
        var revision = rig.Record(generation.Id).Revision;

        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.Retention.SweepAsync(rig.Session);
        Assert.Equal(RecordState.Expired, rig.Record(generation.Id).State);
        Assert.True(rig.Record(generation.Id).Revision > revision);
        Assert.Empty(Results());
        Assert.Null(rig.Archive.ReadResult(rig.Record(generation.Id)));

        rig.Clock.Advance(TimeSpan.FromHours(2));
        await rig.Retention.SweepAsync(rig.Session);
        Assert.Null(rig.Archive.Find(generation.Id));
    }

    [Fact]
    public async Task Sweep_TooManyBytes_ExpiresTheOldest()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: [("MaxResultBytes", 1000), ("SweepInterval", "1.00:00:00")]);
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var generation = await rig.KeepAsync(StoreRig.Request);
            await rig.FinishAsync(generation.Id);
            ids.Add(generation.Id);
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        var bytes = new FileInfo(Results()[0]).Length;
        Assert.InRange(bytes, 256, 500);
        await rig.Retention.SweepAsync(rig.Session);
        var left = (int)(1000 / bytes);
        Assert.Equal(ids.Select((_, i) => i >= 4 - left ? RecordState.Succeeded : RecordState.Expired), ids.Select(id => rig.Record(id).State));
        Assert.Equal(left, Results().Length);
    }

    [Fact]
    public async Task Host_SweepsByItself()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: ("ResultAge", "00:00:30"));
        var generation = await rig.KeepAsync(StoreRig.Request);
        await rig.FinishAsync(generation.Id);
        await StoreRig.UntilAsync(() =>
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(1));
            return rig.Record(generation.Id).State == RecordState.Expired;
        });
    }

    [Fact]
    public async Task Sweep_UnfinishedGenerations_AreNeverTouched()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: [("ResultAge", "00:00:01"), ("TombstoneAge", "00:00:00"), ("SweepInterval", "1.00:00:00")]);
        var generation = await rig.KeepAsync(StoreRig.Request);
        rig.Clock.Advance(TimeSpan.FromDays(100));
        await rig.Retention.SweepAsync(rig.Session);
        Assert.Equal(RecordState.Queued, rig.Record(generation.Id).State);
    }

    public void Dispose() => folder.Dispose();

    private string[] Results() => Directory.GetFiles(Path.Combine(folder["store"], "results"), "*", SearchOption.AllDirectories);
}
