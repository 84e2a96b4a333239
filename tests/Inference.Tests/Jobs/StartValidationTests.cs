using System.Text.Json;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Jobs;

/// <summary>What stands against an interpolation, an inversion or a reconstruction is said by field.</summary>
public sealed class StartValidationTests : IDisposable
{
    private readonly Rig rig = new(("MaxCount", 16));

    private static readonly ImageStart Image = new(new byte[64]);

    private static GenerationRequest Interpolation(PictureStart from, PictureStart to) =>
        new() { Kind = GenerationKind.Interpolation, Model = Rig.Labelled, Starts = [from, to], Count = 3 };

    private static GenerationRequest Inversion(params PictureStart[] images) =>
        new() { Kind = GenerationKind.Inversion, Model = Rig.Labelled, Starts = images, Count = images.Length };

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "one-end", "from", "from and to" },
        { "one-frame", "n", "at least 2" },
        { "frames", "n", "1..16" },
        { "noisy-option", "eta", "without fresh noise" },
        { "noisy-walk", "walk", "without fresh noise" },
        { "noisy-sampler", "sampler", "without fresh noise" },
        { "memory-image", "model", "its own last estimate" },
        { "memory-latent", "model", "its own last estimate" },
        { "sampler-image", "sampler", "must be ddim" },
        { "size", "to", "8x8" },
        { "images-size", "images", "8x8" },
        { "latent-time", "from", "t = 50" },
        { "latent-model", "from", "other@3" },
        { "latent-size", "from", "64 values" },
        { "no-image", "images", "image for each" },
        { "seed-image", "images", "must be images" },
        { "guided-inversion", "guidance", "must be 1" },
        { "guided-reconstruction", "guidance", "must be 1" },
        { "eta-inversion", "eta", "without fresh noise" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Submit_WhatCannotBeDone_NamesTheField(string what, string field, string said)
    {
        var refusal = Assert.Throws<GenerationRefusedException>(() => rig.Service.Submit(Request(what)));
        Assert.Contains(said, Assert.Single(refusal.Errors, e => e.Field == field).Message);
    }

    [Theory]
    [InlineData("memory-image")]
    [InlineData("sampler-image")]
    public void Submit_WhatTheModelCannotFollow_IsUnsupported(string what) =>
        Assert.Equal(RefusalReason.Unsupported, Assert.Throws<GenerationRefusedException>(() => rig.Service.Submit(Request(what))).Reason);

    [Fact]
    public void Submit_ImageWithoutSampler_TakesDdim()
    {
        Assert.Equal("ddim", rig.Service.Submit(Inversion(Image)).Sampler);
    }

    [Fact]
    public void Request_StoredAndRead_BeginsAtTheSameStates()
    {
        PictureStart[] starts = [new SeedStart(ulong.MaxValue, 3), new ImageStart([1, 2, 3]), LatentStart.Of([0.1f, float.MinValue, -3e-39f], 7, "m@2")];
        var read = JsonSerializer.Deserialize<GenerationRequest>(JsonSerializer.Serialize(new GenerationRequest { Kind = GenerationKind.Inversion, Starts = starts }))!;
        Assert.Equal(GenerationKind.Inversion, read.Kind);
        Assert.Equal(starts[0], read.Starts[0]);
        Assert.Equal([1, 2, 3], Assert.IsType<ImageStart>(read.Starts[1]).Pixels);
        var latent = Assert.IsType<LatentStart>(read.Starts[2]);
        Assert.Equal([0.1f, float.MinValue, -3e-39f], latent.Values.ToArray());
        Assert.Equal((7, "m@2"), (latent.Time, latent.Model));
    }

    public void Dispose() => rig.Dispose();

    private static GenerationRequest Request(string what)
    {
        var (seed, latent) = (new SeedStart(1), LatentStart.Of(new float[64], 100, Rig.Labelled + "@1"));
        return what switch
        {
            "one-end" => Interpolation(seed, seed) with { Starts = [seed] },
            "one-frame" => Interpolation(seed, seed) with { Count = 1 },
            "frames" => Interpolation(seed, seed) with { Count = 17 },
            "noisy-option" => Interpolation(seed, seed) with { Options = Options("eta", "0.5") },
            "noisy-walk" => Interpolation(seed, seed) with { Model = Rig.Memory, Sampler = "dddm", Options = Options("walk", "renoise") },
            "noisy-sampler" => Interpolation(seed, seed) with { Sampler = "ddpm" },
            "memory-image" => Interpolation(seed, Image) with { Model = Rig.Memory },
            "memory-latent" => Interpolation(latent, seed) with { Model = Rig.Memory },
            "sampler-image" => Interpolation(seed, Image) with { Sampler = "dpmpp-2m" },
            "size" => Interpolation(seed, new ImageStart(new byte[65])),
            "images-size" => Inversion(new ImageStart(new byte[192])),
            "latent-time" => Interpolation(latent with { Time = 50 }, seed),
            "latent-model" => Interpolation(latent with { Model = "other@3" }, seed),
            "latent-size" => Interpolation(LatentStart.Of(new float[3], 100, latent.Model), seed),
            "no-image" => Inversion() with { Count = 1 },
            "seed-image" => Inversion(seed),
            "guided-inversion" => Inversion(Image) with { Guidance = 2, Labels = [1] },
            "guided-reconstruction" => Inversion(Image) with { Kind = GenerationKind.Reconstruction, Guidance = 2, Labels = [1] },
            "eta-inversion" => Inversion(Image) with { Options = Options("eta", "1") },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "Unknown."),
        };
    }

    private static Dictionary<string, string> Options(string name, string value) => new() { [name] = value };
}
