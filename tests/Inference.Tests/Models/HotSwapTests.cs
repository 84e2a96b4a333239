using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;
using Diffusion.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Inference.Tests.Models;

/// <summary>Versions come and aliases move while requests run; none of them notices more than its version number.</summary>
public sealed class HotSwapTests
{
    private static GenerationRequest Request(int i) => new() { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 1 + i % 7, Count = 1 + i % 3, Seed = (ulong)i };

    [Fact]
    public async Task Swap_UnderLoad_FailsNobodyAndEveryRequestKeepsItsVersion()
    {
        using var rig = new AnalyticRig(("MaxQueuedGenerations", 10_000));
        var thread = rig.Services.GetRequiredService<EngineThread>();
        await thread.StartAsync(default);
        using var published = new SemaphoreSlim(0);
        var clients = Enumerable.Range(0, 3).Select(c => Task.Run(async () =>
        {
            var done = new List<Generation>();
            // as long as versions change, and some more
            while (!published.Wait(0))
            {
                var batch = Enumerable.Range(0, 20).Select(i => rig.Service.Submit(Request(c * 1000 + i))).ToArray();
                foreach (var one in batch) await one.Completion;
                done.AddRange(batch);
            }
            return done;
        })).ToArray();
        for (var round = 0; round < 25; round++)
        {
            var version = rig.Publish(AnalyticRig.Labelled).Manifest.Version;
            rig.Look();
            if (round % 3 == 2)
            {
                rig.Store.SetAlias(AnalyticRig.Labelled, CheckpointStore.DefaultAlias, version - 1);
                rig.Look();
                rig.Store.SetAlias(AnalyticRig.Labelled, CheckpointStore.DefaultAlias, version);
                rig.Look();
            }
            await rig.Service.Submit(Request(round)).Completion;
        }
        published.Release(3);
        var all = (await Task.WhenAll(clients)).SelectMany(g => g).ToArray();
        await thread.StopAsync(default);
        Assert.All(all, AnalyticRig.AssertExact);
        Assert.True(all.Select(g => g.Version).Distinct().Count() > 3);
        Assert.Equal(2, rig.Device.Loaded);
    }

    [Fact]
    public void Look_VersionOfNaN_IsRefusedAndTheOldOneServesOn()
    {
        using var rig = new Rig();
        var request = new GenerationRequest { Model = Rig.Labelled, Sampler = "ddim", Steps = 3, Seed = 1 };
        var before = rig.Run(request);
        TinyModels.Publish(rig.Store, Rig.Labelled, seed: 50, change: (name, weight) =>
        {
            if (name == "out.2.bias") weight.fill_(float.NaN);
        });
        rig.Models.Refresh();
        rig.Watcher.LoadWanted();
        var after = rig.Finish(request);
        Assert.Equal(1, after.Version);
        Assert.Equal(before.Values, Rig.Result(after).Values);
        Assert.Contains("NaN", rig.Models.Refused()[$"{Rig.Labelled}@2"]);
    }
}
