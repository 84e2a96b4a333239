using System.Net;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class PreferTests(Service service)
{
    private const string Long = "/generate?sampler=ddpm&steps=1000&n=16&model=" + Service.Long;

    private HttpClient Http => service.Http;

    [Fact]
    public async Task Generate_RespondAsync_IsAcceptedDurablyAtOnce()
    {
        var response = await Http.PostAsync("/generate?steps=2&seed=8&scale=2", ("Prefer", "respond-async"));
        Assert.Equal((HttpStatusCode.Accepted, "respond-async"), (response.StatusCode, response.Header("Preference-Applied")));
        Assert.Contains("Prefer", response.Headers.Vary);
        Assert.NotNull(response.Headers.RetryAfter);
        var id = await response.IdAsync();
        Assert.True((await Http.UntilAsync(id, "succeeded")).GetProperty("durable").GetBoolean());
        var result = await Http.GetAsync($"/v1/generations/{id}/result");
        Assert.Equal(await (await service.GenerateAsync("steps=2&seed=8&scale=2")).Content.ReadAsByteArrayAsync(), await result.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Generate_WaitIsLongEnough_AnswersWithThePictures()
    {
        var response = await Http.PostAsync("/generate?steps=1", ("Prefer", "handling=lenient, WAIT=60; x=1"));
        Assert.Equal((HttpStatusCode.OK, "image/png", "wait=60"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Header("Preference-Applied")));
        Assert.False((await (await Http.GetAsync("/v1/generations/" + response.Header("X-Generation-Id"))).JsonAsync()).GetProperty("durable").GetBoolean());
    }

    [Fact]
    public async Task Generate_WaitElapses_GoesOnDurably()
    {
        var response = await Http.PostAsync(Long, ("Prefer", "respond-async, wait=1"));
        Assert.Equal((HttpStatusCode.Accepted, "respond-async, wait=1"), (response.StatusCode, response.Header("Preference-Applied")));
        var generation = await response.JsonAsync();
        Assert.True(generation.GetProperty("durable").GetBoolean());
        var id = generation.GetProperty("id").GetString()!;
        await Http.UntilAsync(id, "running");
        Assert.Equal(HttpStatusCode.Accepted, (await Http.PostAsync($"/v1/generations/{id}/cancel")).StatusCode);
        await Http.UntilAsync(id, "canceled");
    }

    [Theory]
    [InlineData("wait=0", "1..60")]
    [InlineData("wait=61", "1..60")]
    [InlineData("wait=soon", "1..60")]
    [InlineData("wait", "1..60")]
    [InlineData("wait=3, wait=4", "given twice")]
    [InlineData("respond-async=yes", "takes no value")]
    public async Task Prefer_WrongValue_IsNamed(string prefer, string allowed)
    {
        foreach (var path in new[] { "/generate?steps=1", "/v1/generations?steps=1" })
        {
            var problem = await ProblemAnswer.ReadAsync(await Http.PostAsync(path, ("Prefer", prefer)));
            Assert.Equal("/problems/validation", problem.Type);
            Assert.Contains(allowed, problem.Errors!["Prefer"][0], StringComparison.Ordinal);
        }
    }
}
