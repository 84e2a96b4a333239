using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>A model that says a variance for each pixel, against an ancestral loop in float64.</summary>
public sealed class LearnedVarianceTests : IDisposable
{
    private const string Learned = "tiny-iddpm";
    private const float Rounding = 1e-4f, OnePixelValue = 1f / 255;

    private readonly Rig rig = new();
    private readonly CheckpointVersion version;

    public LearnedVarianceTests()
    {
        version = TinyModels.Publish(rig.Store, Learned, TinyModels.Network() with { LearnedVariance = true }, seed: 4, sampling: new("ddpm", 5));
        rig.Models.Refresh();
    }

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData("ddpm", 12, "", 1)]
    [InlineData("ddpm", 100, "variance=learned", 1)]
    [InlineData("ddpm", 12, "spacing=even", 4)]
    [InlineData("ddpm", 12, "spacing=uniform", 0.5)]
    [InlineData("ddpm", 12, "", 0)]
    [InlineData("ddpm", 12, "variance=small", 2)]
    [InlineData("ddpm", 12, "variance=large", 1)]
    [InlineData("ddim", 9, "eta=0.7", 3)]
    [InlineData("dpmpp-2m", 6, "", 1)]
    public void Run_EqualsTheAncestralLoop(string sampler, int steps, string option, double guidance)
    {
        var request = Request(sampler, steps, option) with { Count = 2, Labels = [3, 8], Guidance = guidance };
        var result = rig.Run(request);
        // a guided estimate is g times one pass and 1 - g times the other, and so is what they are rounded by
        var rounding = Rounding * (float)(Math.Abs(guidance) + Math.Abs(1 - guidance));
        for (var i = 0; i < 2; i++) Assert.InRange(Rig.Distance(Expected(request, i), Rig.Picture(result, i)), 0, rounding);
    }

    [Fact]
    public void Run_WithoutAWordOfTheVariance_TakesTheLearnedOne()
    {
        var request = Request("ddpm", 12, "");
        var learned = rig.Run(Request("ddpm", 12, "variance=learned")).Values;
        Assert.Equal(learned, rig.Run(request).Values);
        foreach (var other in new[] { "small", "large" })
            Assert.NotInRange(Rig.Distance(learned, rig.Run(Request("ddpm", 12, $"variance={other}")).Values), 0, OnePixelValue);
    }

    [Fact]
    public void Run_MixedBatch_EqualsEachRequestAlone()
    {
        GenerationRequest[] requests =
        [
            Request("ddpm", 9, "") with { Seed = 1, Count = 3, Labels = [1] },
            Request("ddpm", 20, "variance=small") with { Seed = 2, Count = 2 },
            Request("ddpm", 7, "") with { Seed = 3, Labels = [4], Guidance = 3 },
            Request("ddim", 5, "eta=1") with { Seed = 4, Labels = [9], Guidance = 0 },
            Request("dpmpp-2m", 5, "") with { Seed = 5 },
        ];
        var together = requests.Select(rig.Submit).ToArray();
        rig.RunAll();
        for (var i = 0; i < requests.Length; i++)
            Assert.InRange(Rig.Distance(rig.Run(requests[i]).Values, Rig.Result(together[i]).Values), 0, OnePixelValue / 4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("variance=small")]
    public void Run_StrictAloneAndAmongOthers_GivesTheSameBits(string option)
    {
        var request = Request("ddpm", 6, option) with { Labels = [7], Guidance = 2, Determinism = Determinism.Strict };
        var alone = rig.Run(request).Values;
        var before = rig.Submit(Request("ddpm", 9, "") with { Seed = 5, Count = 11, Determinism = Determinism.Strict });
        var among = rig.Submit(request);
        rig.Submit(Request("ddim", 5, "eta=1") with { Seed = 6, Count = 10, Determinism = Determinism.Strict });
        rig.RunAll();
        Assert.Equal(alone, Rig.Result(among).Values);
        Assert.Equal(11, Rig.Result(before).Count);
    }

    [Fact]
    public void Submit_LearnedVarianceOfAModelWithout_NamesTheField()
    {
        var refused = Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request("ddpm", 9, "variance=learned") with { Model = Rig.Labelled }));
        Assert.Equal(RefusalReason.Invalid, refused.Reason);
        var error = Assert.Single(refused.Errors);
        Assert.Equal("variance", error.Field);
        Assert.Contains("auto, small or large", error.Message, StringComparison.Ordinal);
    }

    private static GenerationRequest Request(string sampler, int steps, string option) => new()
    {
        Model = Learned,
        Sampler = sampler,
        Steps = steps,
        Seed = 77,
        Options = option.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { [option.Split('=')[0]] = option.Split('=')[1] },
    };

    private float[] Expected(GenerationRequest request, int sample)
    {
        var sampler = SamplerCatalog.Find(request.Sampler!)!;
        var table = sampler.Compile(version.Manifest.Traits, new SamplingOptions(sampler, request.Steps!.Value, request.Options));
        return SequentialSampler.Run(version, table, request.Seed!.Value, sample, request.Labels[sample % request.Labels.Count], request.Guidance ?? 1);
    }
}
