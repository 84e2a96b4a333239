using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>Models of the schedule ve through the engine: x_T of deviation 50, input scaled by the network.</summary>
public sealed class VarianceExplodingTests : IDisposable
{
    private const string Memory = "tiny-ve-memory", Plain = "tiny-ve-plain";

    // relative to what is summed on the way: x is up to 200 where sigma is 50, in float32
    private const float Rounding = 2e-3f;

    private readonly Rig rig = new();
    private readonly CheckpointVersion memory, plain;

    public VarianceExplodingTests()
    {
        memory = TinyModels.Publish(rig.Store, Memory, TinyModels.Network(memory: true), seed: 5, describe: m => m with
        {
            Schedule = new ScheduleReference("ve", TinyModels.Times),
            Prediction = Prediction.Boundary,
            Objective = "udddm",
        });
        plain = TinyModels.Publish(rig.Store, Plain, seed: 6, describe: m => m with { Schedule = new ScheduleReference("ve", TinyModels.Times), Prediction = Prediction.X0 });
        rig.Models.Refresh();
    }

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData(Memory, "dddm", 1, "walk=fixed")]
    [InlineData(Memory, "dddm", 3, "walk=fixed")]
    [InlineData(Memory, "dddm", 4, "walk=ddim")]
    [InlineData(Memory, "dddm", 5, "walk=2m")]
    [InlineData(Memory, "dddm", 4, "walk=renoise")]
    [InlineData(Plain, "ddim", 6, "eta=0")]
    [InlineData(Plain, "ddim", 6, "spacing=uniform")]
    [InlineData(Plain, "ddpm", 8, "variance=small")]
    [InlineData(Plain, "dpmpp-2m", 6, "spacing=trailing")]
    [InlineData(Plain, "heun", 7, "clip=on")]
    [InlineData(Plain, "pc", 8, "snr=0.1")]
    [InlineData(Plain, "ald", 14, "convention=2019")]
    public void Run_EverySampler_EqualsTheSequentialInterpreter(string model, string sampler, int steps, string option)
    {
        var options = new Dictionary<string, string> { [option.Split('=')[0]] = option.Split('=')[1] };
        var request = new GenerationRequest { Model = model, Sampler = sampler, Steps = steps, Options = options, Count = 2, Seed = 77, Labels = [3, 8] };
        var version = model == Memory ? memory : plain;
        var found = SamplerCatalog.Find(sampler)!;
        var table = found.Compile(version.Manifest.Traits, new SamplingOptions(found, steps, options));
        Near.Relative(sampler == "ddim" && option == "spacing=uniform" ? version.Manifest.Traits.Schedule.Sigma(table.Rows[0].TimeIndex + 1) : 50, table.StartScale, 1e-12);
        var result = rig.Run(request);
        for (var i = 0; i < 2; i++)
            Assert.InRange(Rig.Distance(SequentialSampler.Run(version, table, 77, i, request.Labels[i]), Rig.Picture(result, i)), 0, Rounding);
    }

    [Fact]
    public void Submit_SamplerWithoutAMemoryForAModelWithOne_StillServes() =>
        Assert.Equal(GenerationState.Succeeded, rig.Finish(new GenerationRequest { Model = Memory, Sampler = "ddim", Steps = 4, Seed = 1 }).State);

    [Theory]
    [InlineData("pc")]
    [InlineData("ald")]
    public void Submit_SamplerOfTheScoreForAModelThatHasNone_SaysWhatWouldWork(string sampler)
    {
        var refused = Assert.Throws<GenerationRefusedException>(() => rig.Submit(new GenerationRequest { Model = Memory, Sampler = sampler, Steps = 4 }));
        Assert.Equal(RefusalReason.Unsupported, refused.Reason);
        Assert.Contains("score", refused.Message + string.Join(' ', refused.Errors.Select(e => e.Message)));
        var message = string.Join(' ', refused.Errors.Select(e => e.Message));
        Assert.Matches("ddim, .*dddm", message);
        Assert.DoesNotMatch($"{sampler}[,.]", message);
    }

    /// <summary>An image is inverted to an x_T and comes back; the way up and the way down agree on what noise is.</summary>
    [Fact]
    public void Reconstruct_AnImage_GivesItBack()
    {
        var pixels = Enumerable.Range(0, 64).Select(i => (byte)(40 + 3 * i)).ToArray();
        var flat = TinyModels.Publish(rig.Store, "tiny-ve-flat", TinyModels.Network(classes: null), seed: 7, change: (_, weight) => weight.zero_(), describe: m => m with
        {
            Schedule = new ScheduleReference("ve", TinyModels.Times),
            Prediction = Prediction.Epsilon,
        });
        rig.Models.Refresh();
        // a network that answers with no noise has every image for its own
        var result = rig.Run(new GenerationRequest { Kind = GenerationKind.Reconstruction, Model = flat.Manifest.Model, Steps = 6, Starts = [new ImageStart(pixels)], Count = 1 });
        for (var i = 0; i < 64; i++) Near.Absolute(pixels[i] / 127.5 - 1, result.Values[i], 1e-4);
    }
}
