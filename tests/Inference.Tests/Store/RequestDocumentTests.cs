using System.Collections;
using System.Text.Json;
using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Quotas;
using Diffusion.Inference.Store;

namespace Diffusion.Inference.Tests.Store;

public sealed class RequestDocumentTests
{
    private static readonly GenerationRequest Full = new()
    {
        Kind = GenerationKind.Interpolation,
        Starts = [new SeedStart(7, 1), new ImageStart([1, 2, 3]), LatentStart.Of([0.5f, -1], 9, "m@1")],
        Path = (Noise.NoisePath)1,
        Model = "m@2",
        Sampler = "ddim",
        Steps = 12,
        Options = new Dictionary<string, string> { ["eta"] = "0.5" },
        Count = 3,
        Seed = ulong.MaxValue,
        FirstPicture = 64,
        Labels = [1, 2],
        Guidance = 0.1,
        Convention = GuidanceConvention.W,
        GuidanceRescale = 0.7,
        GuidanceParallel = 0.2,
        DynamicThreshold = 0.99,
        Classifier = "judge@1",
        ClassifierScale = 2.5,
        Determinism = Determinism.Strict,
        Client = "somebody",
        Allowance = new Allowance(100, 8, 2),
        Class = RequestClass.Batch,
        Deadline = TimeSpan.FromSeconds(3),
        Record = new FrameOptions(3, Clean: false) { Memory = true, AtSteps = [1, 2], MaxFps = 2.5, Samples = [0] },
    };

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var answer = new Dictionary<string, string> { ["format"] = "webp" };
        var text = RequestDocument.Write(Full, answer);
        var read = RequestDocument.Read(text);
        Assert.Equal(text, RequestDocument.Write(read.Request, read.Answer));
        Assert.Equal((Full.Seed, Full.Guidance, Full.Path, "webp"), (read.Request.Seed, read.Request.Guidance, read.Request.Path, read.Answer["format"]));
        Assert.Equal(Full.Starts[0], read.Request.Starts[0]);
    }

    /// <summary>A new field of the request must be given here a value of its own, and then be carried.</summary>
    [Fact]
    public void Read_EveryField_IsCarried()
    {
        var read = RequestDocument.Read(RequestDocument.Write(Full, new Dictionary<string, string>())).Request;
        var plain = new GenerationRequest();
        foreach (var field in typeof(GenerationRequest).GetProperties().Where(p => p.CanWrite))
        {
            Assert.False(Same(field.GetValue(plain), field.GetValue(Full)), $"{field.Name} has its default value in this test");
            Assert.True(Same(field.GetValue(Full), field.GetValue(read)), $"{field.Name} is lost");
        }
    }

    [Fact]
    public void Read_UnknownField_IsIgnored() =>
        Assert.Equal(4, RequestDocument.Read("""{"format":1,"request":{"steps":4,"colour":"red"},"answer":{}}""").Request.Steps);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"request":{},"answer":{}}""")]
    [InlineData("""{"format":1,"request":{"steps":"many"},"answer":{}}""")]
    public void Read_Damaged_SaysSo(string text) => Assert.Throws<InvalidDataException>(() => RequestDocument.Read(text));

    private static bool Same(object? a, object? b) => a is IEnumerable and not string
        ? JsonSerializer.Serialize(a, a.GetType()) == (b is null ? null : JsonSerializer.Serialize(b, b.GetType()))
        : Equals(a, b);
}
