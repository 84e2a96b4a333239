using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Pictures;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Tests.Contracts;

public sealed class GenerateFieldsTests
{
    private static GenerateCommand Read(string json) => GenerateFields.Read(RequestFields.OfJson(JsonDocument.Parse(json).RootElement));

    [Fact]
    public void Read_AllFields_FillsTheRequest()
    {
        var command = Read("""{ "model": "m@2", "sampler": "ddim", "steps": 5, "n": 3, "seed": 18446744073709551615, "label": [1, 2], "guidance": 1.5, "eta": 0.25, "priority": "batch", "deadlineMs": 250, "format": "webp", "scale": 4 }""");
        var request = command.Request;
        Assert.Equal(("m@2", "ddim", 5, 3, ulong.MaxValue, 1.5), (request.Model, request.Sampler, request.Steps!.Value, request.Count, request.Seed!.Value, request.Guidance!.Value));
        Assert.Equal([1, 2], request.Labels);
        Assert.Equal("0.25", request.Options["eta"]);
        Assert.Equal((RequestClass.Batch, TimeSpan.FromMilliseconds(250)), (request.Class, request.Deadline));
        Assert.Equal((PictureFormat.Webp, 4), (command.Format, command.Scale));
    }

    [Fact]
    public void Read_Nothing_LeavesEverythingToTheModel()
    {
        var request = Read("{}").Request;
        Assert.Equal((null, null, null, 1, null, null), (request.Model, request.Sampler, request.Steps, request.Count, request.Seed, request.Guidance));
        Assert.Empty(request.Labels);
        Assert.Equal((RequestClass.Interactive, null), (request.Class, request.Deadline));
        Assert.Empty(request.Options);
    }

    [Theory]
    [InlineData("""{ "seed": "9007199254740993" }""")]
    [InlineData("""{ "seed": 9007199254740993 }""")]
    public void Read_SeedBeyondDoubles_IsExact(string json) => Assert.Equal(9007199254740993ul, Read(json).Request.Seed);

    [Fact]
    public void Read_OptionsInAnObject_AreOptions() => Assert.Equal("fixed", Read("""{ "options": { "walk": "fixed" } }""").Request.Options["walk"]);

    [Theory]
    [InlineData("""{ "label": 7 }""", new[] { 7 })]
    [InlineData("""{ "label": "7" }""", new[] { 7 })]
    [InlineData("""{ "label": "0, 1,2" }""", new[] { 0, 1, 2 })]
    [InlineData("""{ "label": [] }""", new int[0])]
    [InlineData("""{ "label": null }""", new int[0])]
    public void Read_Label_TakesNumberTextAndList(string json, int[] labels) => Assert.Equal(labels, Read(json).Request.Labels);

    [Fact]
    public void Read_ManyWrongFields_NamesAllAtOnce()
    {
        var refused = Assert.Throws<RequestRefusedException>(() => Read(
            """{ "steps": 0, "n": -1, "seed": -5, "label": "x", "guidance": "much", "scale": 17, "format": "bmp", "priority": "high", "deadlineMs": 0, "sampel": "ddim", "model": { } }"""));
        Assert.Equal(["deadlineMs", "format", "guidance", "label", "model", "n", "priority", "sampel", "scale", "seed", "steps"], refused.Errors.Select(e => e.Field).Order());
        Assert.Equal(ProblemCatalogue.Validation, refused.Problem);
    }

    [Fact]
    public void Read_UnknownField_SaysWhatWasMeant()
    {
        var refused = Assert.Throws<RequestRefusedException>(() => Read("""{ "stpes": 3 }"""));
        Assert.Contains("Did you mean 'steps'?", Assert.Single(refused.Errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("3")]
    [InlineData("null")]
    public void OfJson_NotAnObject_IsRefused(string json) => Assert.Equal(ProblemCatalogue.MalformedJson, Assert.Throws<RequestRefusedException>(() => Read(json)).Problem);

    [Theory]
    [InlineData("{}", Determinism.Seeded)]
    [InlineData("""{ "determinism": "seeded" }""", Determinism.Seeded)]
    [InlineData("""{ "determinism": "strict" }""", Determinism.Strict)]
    public void Read_Determinism_IsRead(string json, Determinism expected) => Assert.Equal(expected, Read(json).Request.Determinism);

    [Fact]
    public void Read_UnknownDeterminism_NamesTheChoices()
    {
        var error = Assert.Single(Assert.Throws<RequestRefusedException>(() => Read("""{ "determinism": "exact" }""")).Errors);
        Assert.Equal(("determinism", "determinism must be seeded or strict, got 'exact'."), (error.Field, error.Message));
    }
}
