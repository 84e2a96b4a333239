using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Store;

public sealed class CrashLoopTests : IDisposable
{
    private const int MostStarts = 10;

    private readonly TemporaryFolder folder = StoreRig.Folder();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GenerationThatKillsTheProcess_IsGivenUpAndItsNeighboursAreNot(int deadly)
    {
        var ids = new List<string>();
        await using (var first = await StoreRig.StartAsync(folder))
        {
            for (var i = 0; i < 3; i++) ids.Add((await first.KeepAsync(StoreRig.Request with { Seed = (ulong)i })).Id);
            await first.CrashAsync();
        }
        var starts = 1;
        while (!await SurvivesAsync(ids, ids[deadly])) Assert.InRange(++starts, 1, MostStarts);

        await using var last = await StoreRig.StartAsync(folder);
        foreach (var id in ids.Where(id => id != ids[deadly])) Assert.Equal(RecordState.Succeeded, last.Record(id).State);
        var record = last.Record(ids[deadly]);
        Assert.Equal((RecordState.Failed, Problems.CrashedService), (record.State, record.Problem));
        Assert.Contains("3 times", record.Detail, StringComparison.Ordinal);
        // together, alone, alone, and then not again
        Assert.Equal(4, starts);
    }

    [Fact]
    public async Task Restart_AfterProperStops_IsNeverHeldAgainstAnybody()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder)) id = (await first.KeepAsync(StoreRig.Request)).Id;
        for (var i = 0; i < 5; i++)
        {
            await using var next = await StoreRig.StartAsync(folder);
            await StoreRig.UntilAsync(() => next.Generations.Find(id) is not null);
        }
        await using var last = await StoreRig.StartAsync(folder);
        await last.FinishAsync(id);
        Assert.Equal(RecordState.Succeeded, last.Record(id).State);
    }

    /// <summary>One start that ends as soon as the deadly one would run; true if everything has ended before.</summary>
    private async Task<bool> SurvivesAsync(IReadOnlyList<string> ids, string deadly)
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var died = false;
        await StoreRig.UntilAsync(() =>
        {
            rig.Watcher.LoadWanted();
            // it may be taken up while one tick of the others runs, and takes three of its own
            do died = rig.Generations.Find(deadly) is not null;
            while (!died && rig.Engine.Tick());
            return died || ids.All(id => rig.Record(id).IsFinal);
        });
        if (died) await rig.CrashAsync();
        return !died;
    }
}
