using Diffusion.Inference.Jobs;
using Diffusion.Testing;
using TorchSharp;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>A failure ends the request at fault and nothing else.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly Rig rig = new();

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddpm", Steps = 6, Seed = 3, Count = 5, Labels = [1, 2] };

    [Fact]
    public void Tick_BatchTooLargeForTheDevice_IsSplitAndGivesTheSamePictures()
    {
        var whole = rig.Run(Request);
        rig.Engine.BeforeForward = rows =>
        {
            if (rows.Count > 2) throw new InvalidOperationException("CUDA out of memory.");
        };
        var split = rig.Run(Request);
        Assert.InRange(Rig.Distance(whole.Values, split.Values), 0, 1e-3f);
        Assert.Equal(0, rig.Engine.FailuresInARow);
    }

    [Fact]
    public void Tick_OneRequestAtFault_FailsAlone()
    {
        rig.Engine.BeforeForward = rows =>
        {
            if (rows.Any(r => r.Seed == 13)) throw new InvalidOperationException("broken kernel");
        };
        var (before, bad, after) = (rig.Submit(Request), rig.Submit(Request with { Seed = 13, Count = 2 }), rig.Submit(Request with { Seed = 4 }));
        rig.RunAll();
        Assert.Equal("engine-error", Rig.Failure(bad).Problem);
        Assert.DoesNotContain("broken kernel", Rig.Failure(bad).Detail);
        Rig.Result(before);
        Rig.Result(after);
        Assert.Equal(0, rig.Service.Snapshot().RowsWaiting);
    }

    [Fact]
    public void Tick_OnePictureTooLargeForTheDevice_FailsAsOutOfMemory()
    {
        rig.Engine.BeforeForward = _ => throw new InvalidOperationException("DefaultCPUAllocator: can't allocate memory");
        var generation = rig.Submit(Request with { Count = 1 });
        rig.RunAll();
        Assert.Equal("gpu-out-of-memory", Rig.Failure(generation).Problem);
        Assert.Equal(1, rig.Engine.FailuresInARow);
    }

    [Fact]
    public void Tick_FailureThatPasses_CostsNothing()
    {
        var undisturbed = rig.Run(Request with { Count = 4 });
        var calls = 0;
        rig.Engine.BeforeForward = _ =>
        {
            if (++calls == 3) throw new InvalidOperationException("once");
        };
        Assert.InRange(Rig.Distance(undisturbed.Values, rig.Run(Request with { Count = 4 }).Values), 0, 1e-3f);
    }

    [Fact]
    public void Tick_PictureThatBecomesNaN_FailsOnlyItsRequest()
    {
        TinyModels.Publish(rig.Store, "poisoned", seed: 4, change: PoisonLabelFive);
        rig.Models.Refresh();
        var (bad, good) = (Submit(5), Submit(6));
        rig.RunAll();
        Assert.Equal("non-finite", Rig.Failure(bad).Problem);
        Assert.All(Rig.Result(good).Values, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(0, rig.Engine.UsedSlots);
    }

    public void Dispose() => rig.Dispose();

    private Generation Submit(int label) => rig.Submit(new GenerationRequest { Model = "poisoned", Sampler = "ddim", Steps = 4, Count = 3, Labels = [label] });

    private static void PoisonLabelFive(string name, torch.Tensor weight)
    {
        if (name == "label_emb.weight") weight.select(0, 5).fill_(float.NaN);
    }
}
