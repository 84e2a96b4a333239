using System.Text.Json;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Jobs;

public sealed class RecordingTests : IDisposable
{
    private readonly AnalyticRig rig = new(("MaxTrajectoryBytes", 1000), ("MaxRecordedBytes", 1500));

    // 2 x 2 values a picture: 16 bytes a frame and kind
    private static GenerationRequest Request(FrameOptions? record, int steps = 6) => new() { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = steps, Seed = 1, Count = 2, Record = record };

    private Trajectory? Run(GenerationRequest request)
    {
        var generation = rig.Submit(request);
        rig.RunAll();
        AnalyticRig.AssertExact(generation);
        return Rig.Result(generation).Trajectory;
    }

    [Fact]
    public void Run_WithoutRecord_KeepsNothing() => Assert.Null(Run(Request(null)));

    [Fact]
    public void Run_AllSteps_KeepsEachExactly()
    {
        var kept = Run(Request(new FrameOptions()))!;
        Assert.Equal([1, 2, 3, 4, 5, 6], kept.Steps);
        Assert.Equal(kept.Times.OrderDescending(), kept.Times);
        Assert.Equal((6 * 2 * 4, 6 * 2 * 4), (kept.Noisy!.Length, kept.Clean!.Length));
        Assert.Null(kept.Memory);
        // ddim ends at its last estimate, and fewer steps of the same run are its beginning
        Assert.Equal(AnalyticReference.Of(rig.Submit(Request(null))), kept.Noisy![^8..]);
    }

    [Fact]
    public void Run_SomeSteps_KeepsWhatAllStepsHaveThere()
    {
        var all = Run(Request(new FrameOptions()))!;
        Assert.Equal([4, 6], Run(Request(new FrameOptions(Every: 4)))!.Steps);
        var some = Run(Request(new FrameOptions(Noisy: false) { AtSteps = [2, 5] }))!;
        Assert.Equal([2, 5], some.Steps);
        Assert.Null(some.Noisy);
        Assert.Equal([.. all.Clean![8..16], .. all.Clean[32..40]], some.Clean!);
    }

    [Fact]
    public void Run_Memory_IsTheEstimateOfTheStepBefore()
    {
        var kept = Run(new GenerationRequest { Model = AnalyticRig.Memory, Sampler = "dddm", Steps = 3, Seed = 1, Record = new FrameOptions { Memory = true } })!;
        Assert.Equal(kept.Clean![..8], kept.Memory![4..]);
    }

    [Fact]
    public void Select_SomeOfTheKept_TakesTheirTimesAndValues()
    {
        var kept = Run(Request(new FrameOptions(2)))!;
        var some = kept.Select(new FrameOptions { AtSteps = [4, 6] }, [FrameKinds.Clean]);
        Assert.Equal([4, 6], some.Steps);
        Assert.Equal(kept.Times.Skip(1), some.Times);
        Assert.Equal(kept.Clean![8..], some.Clean!);
        Assert.Null(some.Noisy);
    }

    [Fact]
    public void Run_PictureThatEntersLater_HasNoNumbersOfTheRowsBefore()
    {
        var generation = rig.Submit(new GenerationRequest
        {
            Kind = GenerationKind.Interpolation,
            Model = AnalyticRig.Labelled,
            Sampler = "ddim",
            Steps = 3,
            Starts = [new ImageStart([10, 20, 30, 40]), new SeedStart(5)],
            Count = 2,
            Record = new FrameOptions(Clean: false),
        });
        rig.RunAll();
        var kept = Rig.Result(generation).Trajectory!;
        // three rows up, of the image alone, and three down, of both
        Assert.Equal([1, 2, 3, 4, 5, 6], kept.Steps);
        for (var frame = 0; frame < 6; frame++)
        {
            Assert.DoesNotContain(float.NaN, kept.Noisy![(8 * frame)..(8 * frame + 4)]);
            Assert.All(kept.Noisy[(8 * frame + 4)..(8 * frame + 8)], v => Assert.Equal(frame < 3, float.IsNaN(v)));
        }
    }

    [Fact]
    public void Submit_MoreBytesThanAllowed_NamesFrames()
    {
        var refusal = Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request(new FrameOptions(), steps: 16)));
        Assert.Equal((RefusalReason.Invalid, "frames"), (refusal.Reason, Assert.Single(refusal.Errors).Field));
        Assert.Contains("1024 bytes", refusal.Message, StringComparison.Ordinal);
        rig.Submit(Request(new FrameOptions(), steps: 15));
    }

    [Fact]
    public void Submit_MemoryOfAModelWithoutOne_NamesKinds()
    {
        var refusal = Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request(new FrameOptions { Memory = true })));
        Assert.Equal((RefusalReason.Invalid, "kinds"), (refusal.Reason, Assert.Single(refusal.Errors).Field));
    }

    [Fact]
    public void Submit_WhileOthersKeepTooMuch_IsRefusedUntilTheyEnd()
    {
        var first = rig.Submit(Request(new FrameOptions(), steps: 15));
        var refusal = Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request(new FrameOptions(), steps: 15)));
        Assert.Equal(RefusalReason.Overloaded, refusal.Reason);
        rig.Submit(Request(null));
        rig.RunAll();
        Assert.NotNull(rig.Service.Find(first.Id));
        // what has ended makes room
        rig.Submit(Request(new FrameOptions(), steps: 15));
        Assert.Null(rig.Service.Find(first.Id));
    }

    [Fact]
    public void Record_AsJson_ComesBackEqual()
    {
        var request = Request(new FrameOptions(3, false) { Memory = true, AtSteps = [1, 2], MaxFps = 2.5, Samples = [0] });
        var read = JsonSerializer.Deserialize<GenerationRequest>(JsonSerializer.Serialize(request, JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
        Assert.Equal(request.Record, read.Record);
        Assert.NotEqual(request.Record, read.Record! with { AtSteps = [1, 3] });
        Assert.NotEqual(request.Record, read.Record! with { Samples = [] });
    }

    public void Dispose() => rig.Dispose();
}
