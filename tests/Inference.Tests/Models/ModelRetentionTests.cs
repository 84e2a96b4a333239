using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Tests.Models;

public sealed class ModelRetentionTests : IDisposable
{
    private readonly Rig rig = new();
    private readonly RetentionOptions options = new() { KeepNewest = 1, MinimumAge = TimeSpan.Zero, Interval = TimeSpan.FromHours(1) };
    private readonly List<(string, int, string)> needed = [];

    public ModelRetentionTests()
    {
        for (var i = 0; i < 4; i++) TinyModels.Publish(rig.Store, Rig.Labelled, seed: (ulong)(50 + i));
        rig.Models.Refresh();
    }

    public void Dispose() => rig.Dispose();

    private ModelRetention Retention()
    {
        var holds = new VersionHolds(rig.Models, [() => needed]);
        return new ModelRetention(rig.Store, rig.Models, new ModelAliases(rig.Store, rig.Models, holds), holds, Options.Create(options), rig.Clock, NullLogger<ModelRetention>.Instance);
    }

    [Fact]
    public void Apply_KeepsWhatIsNeededAndDeletesTheRest()
    {
        rig.Store.SetAlias(Rig.Labelled, "prod", 2);
        rig.Models.Refresh();
        // of version 3 a generation is not over
        var running = rig.Submit(new GenerationRequest { Model = $"{Rig.Labelled}@3", Sampler = "ddim", Steps = 4, Seed = 1 });
        needed.Add((Rig.Labelled, 4, "job 7 needs it"));
        Assert.Equal(["job 7 needs it"], Retention().Judge(Rig.Labelled)[3].Kept);
        Assert.Equal([1], Retention().Apply(Rig.Labelled, default));
        Assert.Equal([2, 3, 4, 5], rig.Store.Versions(Rig.Labelled));
        rig.RunAll();
        Rig.Result(running);
        needed.Clear();
        Assert.Equal([3, 4], Retention().Apply(Rig.Labelled, default));
        Assert.Equal([2, 5], rig.Models.Describe(Rig.Labelled)!.Versions);
        Assert.Empty(Retention().Apply(Rig.Memory, default));
    }

    [Fact]
    public void Apply_OfAModelWithItsOwnNumber_FollowsIt()
    {
        options.Models[Rig.Labelled] = 3;
        Assert.Equal([1, 2], Retention().Apply(Rig.Labelled, default));
        options.Models[Rig.Labelled] = 0;
        Assert.Empty(Retention().Apply(Rig.Labelled, default));
    }

    [Fact]
    public void Apply_WithDamagedAliases_DeletesNothing()
    {
        rig.Store.SetAlias(Rig.Labelled, "prod", 1);
        File.AppendAllText(Path.Combine(rig.Store.Root, Rig.Labelled, "aliases.json"), " ");
        Assert.Throws<CheckpointException>(() => Retention().Apply(Rig.Labelled, default));
        Assert.Equal(5, rig.Store.Versions(Rig.Labelled).Count);
    }

    [Fact]
    public async Task Service_EveryInterval_Deletes()
    {
        using var retention = Retention();
        await retention.StartAsync(default);
        Assert.Equal(5, rig.Store.Versions(Rig.Labelled).Count);
        // the service makes its timer on a thread of its own
        while (rig.Store.Versions(Rig.Labelled).Count > 1)
        {
            rig.Clock.Advance(TimeSpan.FromHours(1));
            await Task.Yield();
        }
        await retention.StopAsync(default);
        Assert.Equal([5], rig.Store.Versions(Rig.Labelled));
    }

    [Fact]
    public void Delete_VersionThatAJobNeeds_IsRefusedWithTheReason()
    {
        needed.Add((Rig.Labelled, 2, "job 7 needs it"));
        var holds = new VersionHolds(rig.Models, [() => needed]);
        Assert.Equal("job 7 needs it", new ModelAliases(rig.Store, rig.Models, holds).Delete(Rig.Labelled, 2, default));
        Assert.Contains(2, rig.Models.Describe(Rig.Labelled)!.Versions);
    }
}
