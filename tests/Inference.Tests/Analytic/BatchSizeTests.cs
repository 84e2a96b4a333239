using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>Padding: for few sizes where the device likes that, and for the sizes that give strict rows the same bits.</summary>
public class BatchSizeTests
{
    // 1 and 2 have kernels of their own; in batches of 4 the first place is special; from 8 on all agree
    private static float ByShape(int size, int position) => size switch { < 4 => 0.01f * size, 4 => position == 0 ? 0.5f : 0, < 16 => 0.125f, _ => 0.25f };

    [Theory]
    [InlineData("on", false, true)]
    [InlineData("auto", true, true)]
    [InlineData("auto", false, false)]
    [InlineData("off", true, false)]
    public void BatchBuckets_ByTheSettingAndTheDevice_PadBatches(string setting, bool prefers, bool pads)
    {
        using var rig = new AnalyticRig(d => d.PrefersFewSizes = prefers, ("MaxBatchRows", 16), ("BatchBuckets", setting));
        var all = Enumerable.Range(0, 30).Select(i => rig.Submit(AnalyticEngineTests.Request(i))).ToArray();
        rig.RunAll();
        Assert.All(all, AnalyticRig.AssertExact);
        Assert.Equal(pads, rig.Device.Sizes.All(BatchSizes.UpTo(16).Contains));
    }

    [Fact]
    public void BatchBuckets_PaddingIsMasked()
    {
        using var rig = new AnalyticRig(("MaxBatchRows", 16), ("BatchBuckets", "on"));
        var generation = rig.Submit(new GenerationRequest { Model = AnalyticRig.Labelled, Sampler = "ddpm", Steps = 4, Count = 5, Seed = 3, Labels = [1], Guidance = 2 });
        rig.RunAll();
        AnalyticRig.AssertExact(generation);
        Assert.All(rig.Device.Sizes, size => Assert.Equal(12, size));
    }

    [Fact]
    public void Probe_FindsTheSizesThatAgree()
    {
        using var rig = new AnalyticRig(d => d.Perturbation = ByShape, ("MaxBatchRows", 64));
        var strict = Strict(rig);
        Assert.Equal([1, 2, 8, 16, 32, 64], strict.Probed.Where(p => p.Value).Select(p => p.Key));
        Assert.False(strict.Probed[4]);
        Assert.Equal([16, 32, 64], strict.Sizes);
    }

    [Fact]
    public void Probe_WhenOnlyOneAloneAgrees_StrictRowsRunAlone()
    {
        using var rig = new AnalyticRig(d => d.Perturbation = (size, position) => 0.01f * position, ("MaxBatchRows", 16));
        Assert.Equal([1], Strict(rig).Sizes);
        var all = Submit(rig, 12);
        rig.RunAll();
        Assert.All(all, AnalyticRig.AssertExact);
        Assert.All(rig.Device.Sizes, size => Assert.InRange(size, 1, 2));
    }

    [Fact]
    public void Strict_WhoeverIsBesideIt_HasTheSameBits()
    {
        using var rig = new AnalyticRig(d => d.Perturbation = ByShape, ("MaxBatchRows", 32));
        var alone = Finish(rig, Request(5) with { Determinism = Determinism.Strict });
        var seeded = Finish(rig, Request(5));
        var neighbours = Submit(rig, 40);
        rig.RunAll();
        Assert.Equal(alone, Rig.Result(neighbours[5]).Values);
        Assert.NotEqual(alone, seeded);
    }

    private static StrictSizes Strict(AnalyticRig rig)
    {
        using var lease = rig.Models.Acquire(AnalyticRig.Labelled, null)!;
        return lease.Handle.Loaded!.Strict!;
    }

    private static GenerationRequest Request(int i) => AnalyticEngineTests.Request(i);

    private static Generation[] Submit(AnalyticRig rig, int count) =>
        [.. Enumerable.Range(0, count).Select(i => rig.Submit(Request(i) with { Determinism = Determinism.Strict }))];

    private static float[] Finish(AnalyticRig rig, GenerationRequest request)
    {
        var generation = rig.Submit(request);
        rig.RunAll();
        return Rig.Result(generation).Values;
    }
}
