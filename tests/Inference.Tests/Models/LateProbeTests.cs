using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Models;

/// <summary>The first version of a model serves before the sizes of strict batches are known; one that takes over knows them.</summary>
public sealed class LateProbeTests : IDisposable
{
    private static readonly GenerationRequest Seeded = new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 3, Seed = 5, Labels = [2] };
    private static readonly GenerationRequest Strict = Seeded with { Determinism = Determinism.Strict };

    private readonly Rig rig = new(("ModelLoadTimeout", "00:00:30"));

    [Fact]
    public void Load_FirstVersion_ServesSeededRowsAndStrictOnesWaitForTheProbe()
    {
        var (seeded, strict) = (rig.Service.Submit(Seeded), rig.Service.Submit(Strict));
        rig.Watcher.Load();
        rig.RunAll();
        Assert.True(seeded.Completion.IsCompletedSuccessfully);
        Assert.Empty(Loaded().StrictBatchSizes);
        // admitted when the model was there already
        var late = rig.Service.Submit(Strict with { Seed = 6 });
        rig.RunAll();
        Assert.False(strict.Completion.IsCompleted);
        Assert.False(late.Completion.IsCompleted);

        rig.Watcher.LoadWanted();
        rig.RunAll();
        Assert.NotEmpty(Loaded().StrictBatchSizes);
        Assert.InRange(Rig.Distance(Rig.Result(seeded).Values, Rig.Result(strict).Values), 0, 1f / 255);
        Assert.True(late.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public void Load_VersionThatTakesOver_IsProbedBefore()
    {
        rig.Watcher.LoadWanted();
        TinyModels.Publish(rig.Store, Rig.Labelled, seed: 9);
        rig.Models.Refresh();
        rig.Watcher.Load();
        Assert.Equal(2, Loaded().Version);
        Assert.NotEmpty(Loaded().StrictBatchSizes);
    }

    [Fact]
    public void Submit_StrictBeforeTheProbe_PromisesNoDeadlineAndFailsAfterTheLimitOfLoading()
    {
        rig.Watcher.Load();
        var refused = Assert.Throws<GenerationRefusedException>(() => rig.Service.Submit(Strict with { Deadline = TimeSpan.FromMinutes(1) }));
        Assert.Equal(RefusalReason.DeadlineInfeasible, refused.Reason);
        var waits = rig.Service.Submit(Strict);
        rig.RunAll();
        rig.Clock.Advance(TimeSpan.FromSeconds(31));
        rig.RunAll();
        var failure = Rig.Failure(waits);
        Assert.Equal(Problems.ModelLoading, failure.Problem);
        Assert.Contains($"{Rig.Labelled}@1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Probe_VersionThatNobodyUses_CanBeWithdrawnAndLeavesMemoryAfterwards()
    {
        TinyModels.Publish(rig.Store, Rig.Plain, TinyModels.Network(classes: null), seed: 4);
        rig.Models.Refresh();
        rig.Watcher.LoadWanted();
        rig.Models.Acquire(Rig.Plain, "1")!.Dispose();
        rig.Watcher.Load();

        Assert.True(rig.Models.ProbeNext((model, manifest) =>
        {
            Assert.Equal((Rig.Plain, 1), (manifest.Model, manifest.Version));
            Assert.Equal(0, Assert.Single(rig.Models.Describe(Rig.Plain)!.Loaded).Generations);
            Assert.Equal([2], rig.Models.InUse(Rig.Plain));
            Assert.True(rig.Models.Withdraw(Rig.Plain, 1));
            rig.Models.Refresh();
            Assert.Single(rig.Models.Describe(Rig.Plain)!.Loaded);
            model.Strict = StrictSizes.Alone;
        }));
        Assert.Empty(rig.Models.Describe(Rig.Plain)!.Loaded);
    }

    private LoadedVersion Loaded() => rig.Models.Describe(Rig.Labelled)!.Loaded.Last();

    public void Dispose() => rig.Dispose();
}
