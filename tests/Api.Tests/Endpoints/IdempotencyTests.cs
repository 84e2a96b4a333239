using System.Net;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class IdempotencyTests(Service service)
{
    private HttpClient Http => service.Http;

    private static string Fresh() => Guid.NewGuid().ToString("N");

    private Task<HttpResponseMessage> PostAsync(string path, string key, string? json = null) =>
        Http.CallAsync(HttpMethod.Post, path, json, headers: ("Idempotency-Key", key));

    [Theory]
    [InlineData("/v1/generations?steps=1", null)]
    [InlineData("/v1/generations", """{ "steps": 1, "n": 2 }""")]
    [InlineData("/generate?steps=1", null)]
    public async Task Post_SameKey_GetsTheSameAnswer(string path, string? json)
    {
        var key = Fresh();
        var first = await PostAsync(path, key, json);
        var second = await PostAsync(path, key, json);
        Assert.True(first.IsSuccessStatusCode);
        Assert.Equal((first.StatusCode, first.Content.Headers.ContentType), (second.StatusCode, second.Content.Headers.ContentType));
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(), await second.Content.ReadAsByteArrayAsync());
        Assert.Equal("true", second.Header("Idempotency-Replayed"));
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        foreach (var header in first.Headers.Where(h => h.Key is "Location" or "X-Seed" or "X-Generation-Id" or "Retry-After")) Assert.Equal(header.Value, second.Headers.GetValues(header.Key));
    }

    [Fact]
    public async Task TrainingJob_SameKey_IsQueuedOnce()
    {
        var key = Fresh();
        var refused = await PostAsync("/v1/training-jobs", key, "{}");
        Assert.Equal("/problems/validation", await refused.ProblemAsync(HttpStatusCode.BadRequest));
        // a request that created nothing gives its key back
        Assert.Equal("/problems/validation", await (await PostAsync("/v1/training-jobs", key, """{ "name": "x" }""")).ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Post_SameKeyOtherContents_IsRefused()
    {
        var key = Fresh();
        await PostAsync("/v1/generations?steps=1", key);
        Assert.Equal("/problems/idempotency-key-reused", await (await PostAsync("/v1/generations?steps=2", key)).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("/problems/idempotency-key-reused", await (await PostAsync("/v1/generations?steps=1", key, "{}")).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/generate?steps=2", key)).StatusCode);
    }

    [Fact]
    public async Task Post_SameKeyOtherBody_IsRefused()
    {
        var key = Fresh();
        await PostAsync("/v1/generations", key, """{ "steps": 1, "seed": 4 }""");
        Assert.Equal("/problems/idempotency-key-reused", await (await PostAsync("/v1/generations", key, """{ "steps": 1, "seed": 5 }""")).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("true", (await PostAsync("/v1/generations", key, """{ "steps": 1, "seed": 4 }""")).Header("Idempotency-Replayed"));
    }

    [Theory]
    [InlineData("Accept", "image/png", "image/webp")]
    [InlineData("Content-Type", "application/json", "application/json; charset=utf-8")]
    public async Task Post_SameKeyOtherHeader_IsRefused(string header, string first, string second)
    {
        var key = Fresh();
        async Task<HttpResponseMessage> SendAsync(string value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/generate") { Content = new ByteArrayContent("""{ "steps": 1 }"""u8.ToArray()) };
            request.Headers.Add("Idempotency-Key", key);
            Assert.True(header == "Accept" ? request.Headers.TryAddWithoutValidation(header, value) : request.Content.Headers.TryAddWithoutValidation(header, value));
            if (header == "Accept") request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            return await Http.SendAsync(request);
        }
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(first)).StatusCode);
        Assert.Equal("/problems/idempotency-key-reused", await (await SendAsync(second)).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        Assert.Equal("true", (await SendAsync(first)).Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Post_AnswerThatIsTooLargeToKeep_IsMadeAgain()
    {
        // an eighth of 64 KiB; the frames are 2 * 3 * 16 * 64 * 4 bytes
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Store:MaxAnswerBytes", "65536"));
        using var http = small.CreateClient();
        async Task<HttpResponseMessage> SendAsync(string format, string key) =>
            await http.CallAsync(HttpMethod.Post, $"/generate?steps=3&n=16&seed=1&frames=all&format={format}", headers: ("Idempotency-Key", key));
        var (first, second) = (await SendAsync("npz", "large"), await SendAsync("npz", "large"));
        Assert.True((await first.Content.ReadAsByteArrayAsync()).Length > 8192);
        Assert.Equal((HttpStatusCode.OK, false), (second.StatusCode, second.Headers.Contains("Idempotency-Replayed")));
        Assert.NotEqual(first.Header("X-Generation-Id"), second.Header("X-Generation-Id"));
        await SendAsync("f32", "small");
        Assert.Equal("true", (await SendAsync("f32", "small")).Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Post_WhileTheFirstRuns_IsRefused()
    {
        var (key, path) = (Fresh(), "/generate?sampler=ddpm&steps=1000&n=16&model=" + Service.Long);
        using var leaving = new CancellationTokenSource();
        var first = Http.CallAsync(HttpMethod.Post, path, cancellationToken: leaving.Token, headers: ("Idempotency-Key", key));
        var generations = service.Services.GetRequiredService<GenerationService>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (generations.Snapshot().Lanes.All(l => l.Model != Service.Long)) await NextAsync(patience.Token);
        Assert.Equal("/problems/idempotency-in-progress", await (await PostAsync(path, key)).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("/problems/idempotency-key-reused", await (await PostAsync(path + "&seed=1", key)).ProblemAsync(HttpStatusCode.UnprocessableEntity));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Theory]
    [InlineData("smörgås")]
    [InlineData("256")]
    [InlineData("two")]
    public async Task Key_ThatIsNone_IsNamed(string kind)
    {
        string[] keys = kind switch { "256" => [new string('k', 256)], "two" => ["a", "b"], _ => [kind] };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/generations?steps=1");
        foreach (var key in keys) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        var problem = await ProblemAnswer.ReadAsync(await Http.SendAsync(request));
        Assert.Equal("/problems/validation", problem.Type);
        Assert.Contains("1..255", Assert.Single(problem.Errors!["Idempotency-Key"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WithAStream_IsRefused()
    {
        var response = await Http.PostAsync("/generate?steps=1", ("Idempotency-Key", Fresh()), ("Accept", "text/event-stream"));
        Assert.Contains("cannot be repeated", (await ProblemAnswer.ReadAsync(response)).Errors!["Idempotency-Key"][0], StringComparison.Ordinal);
    }

    private static async Task NextAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
    }
}
