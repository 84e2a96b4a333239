using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>What a request may say about guidance, on a real network.</summary>
public sealed class GuidanceTests : IDisposable
{
    private readonly Rig rig = new();

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 5, Seed = 11, Labels = [2], Guidance = 4 };

    [Theory]
    [InlineData("ddim", 0.7, null, null)]
    [InlineData("ddim", null, 0.9, null)]
    [InlineData("ddim", null, null, 0.0)]
    [InlineData("ddpm", 1.0, 0.8, 0.3)]
    public void Run_Tamed_EqualsTheSequentialInterpreter(string name, double? rescale, double? threshold, double? parallel)
    {
        var request = Request with { Sampler = name, GuidanceRescale = rescale, DynamicThreshold = threshold, GuidanceParallel = parallel };
        var picture = rig.Run(request).Values;
        Assert.InRange(Rig.Distance(Expected(request), picture), 0, 1e-4f);
        Assert.True(Rig.Distance(rig.Run(Request with { Sampler = name }).Values, picture) > 0.01f);
    }

    [Fact]
    public void Run_WithAllOfTheParallelPart_IsThePictureWithoutIt() =>
        Assert.Equal(rig.Run(Request).Values, rig.Run(Request with { GuidanceParallel = 1 }).Values);

    [Fact]
    public void Run_OneAndAmong64AndOthers_GivesTheSameBits()
    {
        var request = Request with { Steps = 3, GuidanceRescale = 0.7, GuidanceParallel = 0.2, DynamicThreshold = 0.9, Determinism = Determinism.Strict };
        var alone = rig.Run(request).Values;
        var many = rig.Submit(request with { Count = 64 });
        var plain = rig.Submit(Request with { Steps = 3, Determinism = Determinism.Strict });
        rig.RunAll();
        Assert.Equal(alone, Rig.Picture(Rig.Result(many), 0));
        Assert.Equal(rig.Run(Request with { Steps = 3, Determinism = Determinism.Strict }).Values, Rig.Result(plain).Values);
    }

    [Fact]
    public void Run_RequestsOfOneBatch_EachHasItsOwnNumbers()
    {
        var strict = Request with { Steps = 3, Determinism = Determinism.Strict };
        GenerationRequest[] requests =
        [
            strict with { Guidance = 3, GuidanceRescale = 0.7, GuidanceParallel = 0.6, DynamicThreshold = 0.9 },
            strict with { Guidance = 5, GuidanceRescale = 0.3, GuidanceParallel = 0, DynamicThreshold = 0.5 },
            strict with { Guidance = 2, GuidanceRescale = 1, GuidanceParallel = 0.3, DynamicThreshold = 0.7, Labels = [1] },
        ];
        var alone = requests.Select(r => rig.Run(r).Values).ToArray();
        var together = requests.Select(rig.Submit).ToArray();
        rig.RunAll();
        for (var i = 0; i < requests.Length; i++) Assert.Equal(alone[i], Rig.Result(together[i]).Values);
    }

    [Fact]
    public void Run_EitherConvention_IsTheSamePicture()
    {
        var w = rig.Finish(Request with { Guidance = 3, Convention = GuidanceConvention.W });
        Assert.Equal(4, w.Guidance);
        Assert.Equal(rig.Run(Request).Values, Rig.Result(w).Values);
        Assert.Equal(rig.Run(Request with { Guidance = 1 }).Values, rig.Run(Request with { Guidance = 0, Convention = GuidanceConvention.W }).Values);
    }

    [Fact]
    public void Submit_WrongOptions_AreNamed()
    {
        var refusal = Refused(Request with { Guidance = 20, Convention = GuidanceConvention.W, GuidanceRescale = 1.5, GuidanceParallel = -1, DynamicThreshold = -0.1 });
        Assert.Equal(["dynamicThreshold", "guidance", "guidanceParallel", "guidanceRescale"], refusal.Errors.Select(e => e.Field).Order());
        Assert.Contains("-1..19", refusal.Message);
        Assert.Equal("guidanceRescale", Refused(Request with { Guidance = 1, GuidanceRescale = 0.5 }).Errors.Single().Field);
        Assert.Equal("guidanceRescale", Refused(Request with { Model = Rig.Plain, Labels = [], Guidance = null, GuidanceRescale = 0.5 }).Errors.Single().Field);
        Assert.Equal("guidanceParallel", Refused(Request with { Guidance = 1, GuidanceParallel = 0.5 }).Errors.Single().Field);
        Assert.Equal("dynamicThreshold", Refused(Request with
        {
            Kind = GenerationKind.Reconstruction,
            Guidance = null,
            Starts = [new ImageStart(new byte[64])],
            DynamicThreshold = 0.9,
        }).Errors.Single().Field);
    }

    public void Dispose() => rig.Dispose();

    private GenerationRefusedException Refused(GenerationRequest request) => Assert.Throws<GenerationRefusedException>(() => rig.Submit(request));

    private float[] Expected(GenerationRequest request)
    {
        var sampler = SamplerCatalog.Find(request.Sampler!)!;
        var table = sampler.Compile(rig.Labels.Manifest.Traits, new SamplingOptions(sampler, request.Steps!.Value));
        if (request.DynamicThreshold is { } share) table = table with { Rows = [.. table.Rows.Select(r => r with { Threshold = share })] };
        return SequentialSampler.Run(rig.Labels, table, request.Seed!.Value, 0, request.Labels[0], request.Guidance!.Value, request.GuidanceRescale ?? 0, parallel: request.GuidanceParallel ?? 1);
    }
}
