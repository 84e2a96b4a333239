using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>What a picture is depends on its request alone.</summary>
public sealed class EquivalenceTests : IDisposable
{
    // the update is float32 in the engine and float64 here; the network is the same
    private const float Rounding = 1e-4f;

    private const float OnePixelValue = 1f / 255;

    private readonly Rig rig = new();

    public static TheoryData<string, string, int, string> Samplers => new()
    {
        { Rig.Labelled, "ddim", 10, "" },
        { Rig.Labelled, "ddim", 7, "eta=0.7" },
        { Rig.Labelled, "ddpm", 12, "" },
        { Rig.Labelled, "ddpm", 100, "variance=large" },
        { Rig.Labelled, "euler", 8, "spacing=logsnr" },
        { Rig.Labelled, "heun", 9, "" },
        { Rig.Labelled, "heun", 10, "spacing=trailing" },
        { Rig.Labelled, "pc", 9, "corrector=2" },
        { Rig.Labelled, "pc", 8, "predictor=ancestral" },
        { Rig.Memory, "pc", 6, "" },
        { Rig.Memory, "dddm", 4, "walk=fixed" },
        { Rig.Memory, "dddm", 4, "walk=ddim" },
        { Rig.Memory, "dddm", 5, "walk=renoise" },
        { Rig.Memory, "dddm", 1, "" },
    };

    [Theory, MemberData(nameof(Samplers))]
    public void Run_EverySampler_EqualsTheSequentialInterpreter(string model, string sampler, int steps, string option)
    {
        var request = new GenerationRequest { Model = model, Sampler = sampler, Steps = steps, Options = Options(option), Count = 2, Seed = 77, Labels = [3, 8] };
        var result = rig.Run(request);
        for (var i = 0; i < 2; i++) Assert.InRange(Rig.Distance(Expected(request, i), Rig.Picture(result, i)), 0, Rounding);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(4)]
    public void Run_Guidance_EqualsTheSequentialInterpreter(double guidance)
    {
        var request = new GenerationRequest { Model = Rig.Labelled, Sampler = "ddim", Steps = 6, Seed = 5, Labels = [2], Guidance = guidance };
        Assert.InRange(Rig.Distance(Expected(request, 0), rig.Run(request).Values), 0, Rounding);
    }

    [Fact]
    public void Run_ModelWithoutClasses_EqualsTheSequentialInterpreter()
    {
        var request = new GenerationRequest { Model = Rig.Plain, Sampler = "ddpm", Steps = 9, Seed = 5 };
        Assert.InRange(Rig.Distance(Expected(request, 0), rig.Run(request).Values), 0, Rounding);
    }

    [Fact]
    public void Run_MixedBatch_EqualsEachRequestAlone()
    {
        GenerationRequest[] requests =
        [
            new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 9, Seed = 1, Count = 3, Labels = [1] },
            new() { Model = Rig.Labelled, Sampler = "ddpm", Steps = 20, Seed = 2, Count = 2 },
            new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 5, Seed = 3, Labels = [4], Guidance = 3 },
            new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 5, Seed = 4, Labels = [9], Guidance = 0, Options = Options("eta=1") },
            new() { Model = Rig.Labelled, Sampler = "pc", Steps = 11, Seed = 6, Count = 3, Labels = [2], Guidance = 2 },
            new() { Model = Rig.Labelled, Sampler = "heun", Steps = 7, Seed = 7, Count = 2 },
            new() { Model = Rig.Labelled, Sampler = "ald", Steps = 9, Seed = 8 },
            new() { Model = Rig.Memory, Sampler = "dddm", Steps = 3, Seed = 5, Count = 2 },
        ];
        var together = requests.Select(rig.Submit).ToArray();
        rig.RunAll();
        for (var i = 0; i < requests.Length; i++)
            Assert.InRange(Rig.Distance(rig.Run(requests[i]).Values, Rig.Result(together[i]).Values), 0, OnePixelValue / 4);
    }

    [Theory]
    [InlineData("ddpm")]
    [InlineData("heun")]
    [InlineData("pc")]
    [InlineData("ald")]
    public void Run_SameSeedAloneAndAmong64_GivesTheSamePicture(string sampler)
    {
        var request = new GenerationRequest { Model = Rig.Labelled, Sampler = sampler, Steps = 10, Seed = 42, Labels = [7] };
        var alone = rig.Run(request);
        rig.Submit(request with { Seed = 43, Count = 5, Sampler = "ddim" });
        var among = rig.Submit(request with { Count = 64 });
        rig.RunAll();
        Assert.InRange(Rig.Distance(alone.Values, Rig.Picture(Rig.Result(among), 0)), 0, OnePixelValue);
    }

    [Fact]
    public void Run_TwiceAsManyPictures_KeepsTheFirstOnes()
    {
        var request = new GenerationRequest { Model = Rig.Memory, Steps = 3, Seed = 9, Count = 4, Labels = [0, 1] };
        var (four, eight) = (rig.Run(request), rig.Run(request with { Count = 8 }));
        Assert.InRange(Rig.Distance(four.Values, eight.Values.AsSpan(0, four.Values.Length)), 0, OnePixelValue);
        Assert.NotInRange(Rig.Distance(Rig.Picture(eight, 0), Rig.Picture(eight, 2)), 0, OnePixelValue);
    }

    [Fact]
    public async Task Watch_LastFrame_EqualsTheResult()
    {
        var generation = rig.Submit(new GenerationRequest { Model = Rig.Labelled, Sampler = "ddim", Steps = 6, Count = 3 });
        var watching = Watching.All(generation, new FrameOptions(Every: 4));
        rig.RunAll();
        var last = (await watching).OfType<FrameEvent>().Where(f => f.Step == 6).ToArray();
        Assert.Equal(3, last.Length);
        foreach (var frame in last)
        {
            var bytes = Rig.Picture(Rig.Result(generation), frame.Sample).Select(Imaging.Pixels.ToByte).ToArray();
            Assert.Equal(bytes, frame.Noisy);
            Assert.Equal(bytes, frame.Clean);
        }
    }

    public void Dispose() => rig.Dispose();

    private float[] Expected(GenerationRequest request, int sample)
    {
        CheckpointVersion[] versions = [rig.Labels, rig.Memories, rig.Plains];
        var version = versions.Single(v => v.Manifest.Model == request.Model);
        var sampler = SamplerCatalog.Find(request.Sampler!)!;
        var table = sampler.Compile(version.Manifest.Traits, new SamplingOptions(sampler, request.Steps!.Value, request.Options));
        int? label = request.Labels.Count == 0 ? null : request.Labels[sample % request.Labels.Count];
        return SequentialSampler.Run(version, table, request.Seed!.Value, sample, label, request.Guidance ?? 1);
    }

    private static Dictionary<string, string> Options(string option) =>
        option.Length == 0 ? [] : new() { [option.Split('=')[0]] = option.Split('=')[1] };
}
