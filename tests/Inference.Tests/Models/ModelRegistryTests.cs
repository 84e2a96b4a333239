using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;
using Diffusion.Testing;
using TorchSharp;

namespace Diffusion.Inference.Tests.Models;

public sealed class ModelRegistryTests : IDisposable
{
    private readonly Rig rig = new();

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 4, Seed = 1 };

    [Fact]
    public void Describe_SaysWhatIsThereAndWhatCanServeIt()
    {
        Assert.Equal([Rig.Memory, Rig.Labelled, Rig.Plain], rig.Models.Describe().Select(m => m.Name));
        var memory = rig.Models.Describe(Rig.Memory)!;
        Assert.Equal((1, "dddm"), (memory.Version, memory.Manifest.Objective));
        Assert.Equal(SamplerCatalog.All.Select(s => s.Name).Where(name => name != "consistency"), memory.Samplers);
        Assert.DoesNotContain("dddm", rig.Models.Describe(Rig.Plain)!.Samplers);
        Assert.Null(rig.Models.Describe("nobody"));
    }

    [Fact]
    public void Submit_BeforeTheModelIsLoaded_WaitsForIt()
    {
        var generation = rig.Service.Submit(Request with { Model = Rig.Plain });
        Assert.False(rig.Engine.Tick());
        Assert.Equal(GenerationState.Queued, generation.State);
        rig.Watcher.LoadWanted();
        rig.RunAll();
        Rig.Result(generation);
    }

    [Fact]
    public void Refresh_NewVersion_TakesOverOnceLoadedAndRequestsKeepTheirs()
    {
        var old = rig.Submit(Request);
        rig.Engine.Tick();
        TinyModels.Publish(rig.Store, Rig.Labelled, seed: 50);
        rig.Models.Refresh();
        Assert.Equal(1, rig.Models.Describe(Rig.Labelled)!.Version);
        rig.Watcher.LoadWanted();
        Assert.Equal(2, rig.Models.Describe(Rig.Labelled)!.Version);
        var swapped = rig.Submit(Request);
        rig.RunAll();
        Assert.Equal((1, 2), (old.Version, swapped.Version));
        Assert.NotEqual(Rig.Result(old).Values, Rig.Result(swapped).Values);
    }

    [Fact]
    public void Refresh_MovedAlias_SwapsBack()
    {
        rig.Run(Request);
        TinyModels.Publish(rig.Store, Rig.Labelled, seed: 50);
        Look();
        Assert.Equal(2, rig.Finish(Request).Version);
        rig.Store.SetAlias(Rig.Labelled, CheckpointStore.DefaultAlias, 1);
        Look();
        Assert.Equal(1, rig.Finish(Request).Version);
        Assert.Equal(2, rig.Finish(Request with { Model = $"{Rig.Labelled}@2" }).Version);
        Assert.Equal(1, rig.Finish(Request with { Model = $"{Rig.Labelled}@default" }).Version);
    }

    [Fact]
    public void Release_LastUserOfAReplacedVersion_UnloadsIt()
    {
        var (before, user) = (Tensors(), rig.Submit(Request));
        TinyModels.Publish(rig.Store, Rig.Labelled, seed: 50);
        Look();
        var both = torch.Tensor.TotalCount;
        rig.RunAll();
        Rig.Result(user);
        Assert.True(torch.Tensor.TotalCount < both);
        Assert.Equal(before, Tensors());

        long Tensors()
        {
            rig.Run(Request);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return torch.Tensor.TotalCount;
        }
    }

    [Fact]
    public void Load_DamagedVersion_KeepsTheOldOneAndSaysSo()
    {
        rig.Run(Request);
        Damage(TinyModels.Publish(rig.Store, Rig.Labelled, seed: 50));
        Look();
        Assert.Equal(1, rig.Finish(Request).Version);
        Assert.Contains("SHA-256", rig.Models.Refused()[$"{Rig.Labelled}@2"]);
    }

    [Fact]
    public void Load_DamagedVersionAskedForByNumber_FailsThatRequest()
    {
        Damage(TinyModels.Publish(rig.Store, Rig.Labelled, seed: 50));
        rig.Models.Refresh();
        var generation = rig.Submit(Request with { Model = $"{Rig.Labelled}@2" });
        rig.RunAll();
        Assert.Equal("model-unavailable", Rig.Failure(generation).Problem);
    }

    [Fact]
    public void Load_NewestDamagedAtStart_FallsBackToTheNewestSoundOne()
    {
        Damage(TinyModels.Publish(rig.Store, Rig.Plain, TinyModels.Network(classes: null), seed: 50));
        rig.Models.Refresh();
        rig.Submit(Request with { Model = Rig.Plain });
        rig.RunAll();
        Assert.Equal(1, rig.Finish(Request with { Model = Rig.Plain }).Version);
    }

    [Fact]
    public void Missing_UntilLoaded_NamesTheDefaultModels()
    {
        Assert.Equal([Rig.Labelled, Rig.Memory], rig.Models.Missing());
        rig.Watcher.LoadWanted();
        Assert.Empty(rig.Models.Missing());
    }

    [Fact]
    public void Refresh_ModelThatIsGone_IsUnknown()
    {
        Directory.Delete(Path.Combine(rig.Store.Root, Rig.Plain), recursive: true);
        rig.Models.Refresh();
        Assert.Equal(RefusalReason.UnknownModel, Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request with { Model = Rig.Plain })).Reason);
    }

    public void Dispose() => rig.Dispose();

    private void Look()
    {
        rig.Models.Refresh();
        rig.Watcher.LoadWanted();
    }

    private static void Damage(CheckpointVersion version)
    {
        var path = version.PathOf(CheckpointVersion.WeightsFile);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
