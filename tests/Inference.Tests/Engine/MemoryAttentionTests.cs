using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>A model that attends to its memory is served as any other that has one.</summary>
public sealed class MemoryAttentionTests : IDisposable
{
    private const string Attending = "tiny-attending";
    private const float Rounding = 1e-4f, OnePixelValue = 1f / 255;

    private readonly Rig rig = new();
    private readonly CheckpointVersion version;

    public MemoryAttentionTests()
    {
        version = TinyModels.Publish(rig.Store, Attending, TinyModels.Network(memory: true) with { MemoryAttention = true }, seed: 6, sampling: new("dddm", 2));
        rig.Models.Refresh();
    }

    public void Dispose() => rig.Dispose();

    private static GenerationRequest Request(string sampler, int steps) => new() { Model = Attending, Sampler = sampler, Steps = steps, Seed = 3, Count = 2, Labels = [4] };

    [Theory]
    [InlineData("dddm", 2)]
    [InlineData("dddm", 5)]
    [InlineData("ddim", 6)]
    public void Run_EqualsTheLoop(string sampler, int steps)
    {
        var result = rig.Run(Request(sampler, steps));
        var table = SamplerCatalog.Find(sampler)!.Compile(version.Manifest.Traits, new SamplingOptions(SamplerCatalog.Find(sampler)!, steps, new Dictionary<string, string>()));
        for (var i = 0; i < 2; i++) Assert.InRange(Rig.Distance(SequentialSampler.Run(version, table, 3, i, 4), Rig.Picture(result, i)), 0, Rounding);
    }

    [Fact]
    public void Run_AmongOthers_GivesTheSamePictures()
    {
        var alone = rig.Run(Request("dddm", 3)).Values;
        var before = rig.Submit(Request("dddm", 4) with { Seed = 8, Count = 7 });
        var among = rig.Submit(Request("dddm", 3));
        rig.Submit(Request("ddim", 5) with { Seed = 9, Guidance = 2 });
        rig.RunAll();
        Assert.InRange(Rig.Distance(alone, Rig.Result(among).Values), 0, OnePixelValue / 4);
        Assert.Equal(7, Rig.Result(before).Count);
    }
}
