using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class GenerateErrorsTests(Service service)
{
    [Theory]
    [InlineData("sampler=none-such", "sampler", "ddim, ddpm")]
    [InlineData("steps=0", "steps", "at least 1")]
    [InlineData("steps=101", "steps", "1..100")]
    [InlineData("steps=1.5", "steps", "whole number")]
    [InlineData("n=0", "n", "at least 1")]
    [InlineData("n=17", "n", "1..16")]
    [InlineData("seed=-1", "seed", "0..18446744073709551615")]
    [InlineData("seed=18446744073709551616", "seed", "0..18446744073709551615")]
    [InlineData("label=10", "label", "0..9")]
    [InlineData("label=a", "label", "class number")]
    [InlineData("label=1&guidance=-1", "guidance", "0..")]
    [InlineData("guidance=NaN", "guidance", "number")]
    [InlineData("eta=2", "eta", "0..1")]
    [InlineData("sampler=ddim&spacing=wide", "spacing", "uniform")]
    [InlineData("sampler=ddpm&eta=1", "eta", "has no option")]
    [InlineData("sampler=ddpm&variance=learned", "variance", "auto, small or large")]
    [InlineData("sampler=ddpm&variance=huge", "variance", "auto, small, large, learned")]
    [InlineData("format=bmp", "format", "png, jpeg, webp, json, zip")]
    [InlineData("scale=17", "scale", "1..16")]
    [InlineData("stpes=3", "stpes", "Did you mean 'steps'?")]
    [InlineData("steps=2&steps=3", "steps", "2 times")]
    public async Task Generate_WrongField_NamesItAndWhatIsAllowed(string query, string field, string allowed)
    {
        var response = await service.GenerateAsync(query);
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal(("/problems/validation", HttpStatusCode.BadRequest), (problem.Type, response.StatusCode));
        Assert.Contains(allowed, Assert.Single(problem.Errors![field]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_ManyWrongFields_NamesAllAtOnce()
    {
        var problem = await ProblemAnswer.ReadAsync(await service.GenerateAsync("sampler=ddim&n=99&label=44&steps=500&eta=7"));
        Assert.Equal(["eta", "label", "n", "steps"], problem.Errors!.Keys.Order());
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("digits-ddpm@9")]
    [InlineData("digits-ddpm@prod")]
    [InlineData("../../etc")]
    public async Task Generate_UnknownModel_Is404(string model)
    {
        var response = await service.GenerateAsync("model=" + Uri.EscapeDataString(model));
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((HttpStatusCode.NotFound, "/problems/unknown-model"), (response.StatusCode, problem.Type));
        Assert.True(problem.Errors!.ContainsKey("model"));
    }

    [Theory]
    [InlineData("model=digits-ddpm&sampler=dddm", "sampler")]
    [InlineData("model=shapes&label=1", "label")]
    public async Task Generate_ModelCannotFollow_Is422(string query, string field)
    {
        var response = await service.GenerateAsync(query);
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "/problems/sampler-not-supported-by-model"), (response.StatusCode, problem.Type));
        Assert.True(problem.Errors!.ContainsKey(field));
    }

    [Fact]
    public async Task Generate_QueryAndBodyDisagree_NamesTheField()
    {
        var problem = await ProblemAnswer.ReadAsync(await service.GenerateAsync("steps=2", """{ "steps": 3 }"""));
        var message = Assert.Single(problem.Errors!["steps"]);
        Assert.Contains("'2' in the query and '3' in the body", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"steps\": 2,\n  \"n\": }", "line 2, byte 8")]
    [InlineData("{ \"steps\": 2", "line 1")]
    [InlineData("{ \"n\": 1, \"n\": 2 }", "n")]
    public async Task Generate_MalformedJson_SaysWhere(string json, string place)
    {
        var response = await service.GenerateAsync("", json);
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((HttpStatusCode.BadRequest, "/problems/malformed-json"), (response.StatusCode, problem.Type));
        Assert.Contains(place, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Generate_BodyThatIsNotJson_Is415(string? type)
    {
        var content = new StringContent("steps=2");
        content.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
        var response = await service.Http.PostAsync("/generate", content);
        Assert.Equal("/problems/unsupported-media", (await ProblemAnswer.ReadAsync(response)).Type);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Generate_HugeBody_Is413(bool announced)
    {
        var json = Encoding.UTF8.GetBytes("{ \"model\": \"" + new string('a', 70_000) + "\" }");
        HttpContent content = announced ? new ByteArrayContent(json) : new StreamContent(new Unannounced(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var response = await service.Http.PostAsync("/generate", content);
        Assert.Equal("/problems/too-large", (await ProblemAnswer.ReadAsync(response)).Type);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Generate_NothingAcceptable_Is406()
    {
        var response = await service.GenerateAsync("steps=1", accept: "image/avif");
        Assert.Equal("/problems/format-unavailable", (await ProblemAnswer.ReadAsync(response)).Type);
        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
    }

    [Fact]
    public async Task Generate_AcceptsOnlyPictures_StillExplainsErrors() =>
        Assert.Equal("/problems/validation", (await ProblemAnswer.ReadAsync(await service.GenerateAsync("steps=0", accept: "image/png"))).Type);

    [Fact]
    public async Task Generate_ByGet_Is405() =>
        Assert.Equal("/problems/method-not-allowed", (await ProblemAnswer.ReadAsync(await service.Http.GetAsync("/generate"))).Type);

    [Fact]
    public async Task UnknownPath_Is404() =>
        Assert.Equal("/problems/not-found", (await ProblemAnswer.ReadAsync(await service.Http.GetAsync("/v1/nothing"))).Type);

    private sealed class Unannounced(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
