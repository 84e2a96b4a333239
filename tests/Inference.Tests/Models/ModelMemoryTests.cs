using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Models;

/// <summary>Two default models of 1000 bytes stay loaded; the rest of the memory is for whoever was used last.</summary>
public sealed class ModelMemoryTests : IDisposable
{
    private readonly AnalyticRig rig = new(("ModelMemoryBudget", 3 * AnalyticRig.Bytes + 500), ("ModelLoadTimeout", "00:00:30"));

    public ModelMemoryTests()
    {
        foreach (var name in (string[])["a", "b", "c"]) rig.Publish(name);
        rig.Look();
    }

    private static GenerationRequest Request(string model) => new() { Model = model, Sampler = "ddim", Steps = 3, Seed = 1 };

    [Fact]
    public void Budget_AnotherModel_TakesThePlaceOfTheOneUsedLongestAgo()
    {
        Finish("a");
        Assert.Equal(["a", AnalyticRig.Labelled, AnalyticRig.Memory], Loaded());
        Finish("b");
        Assert.Equal(["b", AnalyticRig.Labelled, AnalyticRig.Memory], Loaded());
        Finish("a");
        Assert.Equal(["a", AnalyticRig.Labelled, AnalyticRig.Memory], Loaded());
        Assert.Equal(3, rig.Device.Loaded);
    }

    [Fact]
    public void Budget_ModelInUse_IsNotTakenAway()
    {
        var user = rig.Submit(Request("a"));
        rig.Engine.Tick();
        var next = rig.Submit(Request("b"));
        Assert.Contains("a", Loaded());
        Assert.Equal(GenerationState.Queued, next.State);
        rig.RunAll();
        AnalyticRig.AssertExact(user);
        rig.Watcher.LoadWanted();
        rig.RunAll();
        AnalyticRig.AssertExact(next);
    }

    [Fact]
    public void Budget_ModelInUseForTooLong_IsAnAnswer()
    {
        using var user = rig.Models.Acquire("a", null);
        rig.Watcher.LoadWanted();
        var next = rig.Submit(Request("b"));
        rig.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(rig.Engine.Tick());
        Assert.Equal(GenerationState.Queued, next.State);
        rig.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(rig.Engine.Tick());
        Assert.Equal("model-loading", Rig.Failure(next).Problem);
        Assert.Equal(0, rig.Service.Snapshot().RowsWaiting);
    }

    [Fact]
    public void Budget_IdleModelThatWasUnloaded_IsNotLoadedUntilItIsAskedFor()
    {
        Finish("a");
        Finish("b");
        rig.Look();
        Assert.DoesNotContain("a", Loaded());
        rig.Publish("a");
        rig.Look();
        Assert.DoesNotContain("a", Loaded());
        Assert.Equal(2, Finish("a").Version);
    }

    [Fact]
    public void Budget_NewVersionThatCanNeverStandBesideTheOld_IsRefused()
    {
        using var small = new AnalyticRig(("ModelMemoryBudget", 2 * AnalyticRig.Bytes + 500));
        small.Publish(AnalyticRig.Labelled);
        small.Look();
        Assert.Equal(1, small.Models.Describe(AnalyticRig.Labelled)!.Version);
        Assert.Contains("memory for models", small.Models.Refused()[$"{AnalyticRig.Labelled}@2"]);
        var other = small.Submit(Request($"{AnalyticRig.Labelled}@2"));
        small.RunAll();
        Assert.Equal("model-unavailable", Rig.Failure(other).Problem);
        var served = small.Submit(Request(AnalyticRig.Labelled));
        small.RunAll();
        AnalyticRig.AssertExact(served);
    }

    [Fact]
    public void WithoutABudget_VersionsAskedForStay()
    {
        using var large = new AnalyticRig();
        large.Publish(AnalyticRig.Labelled);
        large.Look();
        large.Submit(Request($"{AnalyticRig.Labelled}@1"));
        large.RunAll();
        var loaded = large.Models.Describe(AnalyticRig.Labelled)!.Loaded;
        Assert.Equal([(1, 1000L, 0), (2, 1000L, 0)], loaded.Select(l => (l.Version, l.Bytes, l.Generations)));
    }

    public void Dispose() => rig.Dispose();

    private Generation Finish(string model)
    {
        var generation = rig.Submit(Request(model));
        rig.RunAll();
        AnalyticRig.AssertExact(generation);
        return generation;
    }

    private string[] Loaded() => [.. rig.Models.Describe().Where(m => m.Loaded.Count > 0).Select(m => m.Name)];
}
