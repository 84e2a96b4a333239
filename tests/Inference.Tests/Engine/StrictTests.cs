using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>Strict pictures on a real network, to the bit.</summary>
public sealed class StrictTests : IDisposable
{
    private readonly Rig rig = new();

    public static TheoryData<string, string, double> Kinds => new()
    {
        { Rig.Labelled, "ddpm", 1 },
        { Rig.Labelled, "ddim", 3 },
        { Rig.Memory, "dddm", 1 },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void Run_AloneAndAmong63OfOtherSamplers_GivesTheSameBits(string model, string sampler, double guidance)
    {
        var request = new GenerationRequest
        {
            Model = model,
            Sampler = sampler,
            Steps = 6,
            Seed = 42,
            Labels = [7],
            Guidance = guidance,
            Determinism = Determinism.Strict,
        };
        var alone = rig.Run(request).Values;
        string[] others = model == Rig.Memory ? ["dddm", "ddim", "ddpm"] : ["ddim", "ddpm", "dpmpp-2m"];
        var before = others.Select((s, i) => rig.Submit(request with { Sampler = s, Seed = (ulong)i, Count = 11, Steps = 4 + i })).ToArray();
        var among = rig.Submit(request);
        var after = others.Select((s, i) => rig.Submit(request with { Sampler = s, Seed = (ulong)(9 + i), Count = 10, Steps = 9 + i })).ToArray();
        rig.RunAll();
        Assert.Equal(alone, Rig.Result(among).Values);
        Assert.Equal(63, before.Concat(after).Sum(g => g.Count));
    }

    [Fact]
    public void Run_StrictAndSeeded_AreTheSamePicture()
    {
        var request = new GenerationRequest { Model = Rig.Labelled, Sampler = "ddim", Steps = 6, Seed = 42, Labels = [7] };
        var (seeded, strict) = (rig.Run(request), rig.Run(request with { Determinism = Determinism.Strict }));
        Assert.InRange(Rig.Distance(seeded.Values, strict.Values), 0, 1f / 255);
    }

    [Fact]
    public void Run_PaddedBatches_GiveTheSamePictures()
    {
        using var padded = new Rig(("BatchBuckets", "on"));
        var request = new GenerationRequest { Model = Rig.Labelled, Sampler = "ddpm", Steps = 6, Seed = 42, Labels = [7, 3], Count = 5, Guidance = 2 };
        Assert.InRange(Rig.Distance(rig.Run(request).Values, padded.Run(request).Values), 0, 1f / 255);
    }

    public void Dispose() => rig.Dispose();
}
