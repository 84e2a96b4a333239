using System.Net;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Testing;
using Microsoft.AspNetCore.Hosting;
using SixLabors.ImageSharp;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class GenerationTests(Service service)
{
    private const string Long = "?sampler=ddpm&steps=1000&n=16&model=" + Service.Long;

    private HttpClient Http => service.Http;

    private Task<HttpResponseMessage> CreateAsync(string query, params (string, string)[] headers) => Http.PostAsync("/v1/generations" + query, headers);

    [Fact]
    public async Task Create_IsAcceptedAndTellsWhereToLook()
    {
        var response = await CreateAsync("?steps=2&seed=5&label=3");
        var generation = await response.JsonAsync();
        var id = generation.GetProperty("id").GetString()!;
        Assert.Equal((HttpStatusCode.Accepted, $"/v1/generations/{id}"), (response.StatusCode, response.Header("Location")));
        Assert.True(response.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal(("digits-ddpm@1", "ddim", 2, "5", 1), (
            generation.GetProperty("model").GetString(), generation.GetProperty("sampler").GetString(), generation.GetProperty("steps").GetInt32(),
            generation.GetProperty("seed").GetString(), generation.GetProperty("n").GetInt32()));
        Assert.True(generation.GetProperty("durable").GetBoolean());
        var ended = await Http.UntilAsync(id, "succeeded");
        Assert.True(ended.GetProperty("expiresAt").GetDateTimeOffset() > ended.GetProperty("endedAt").GetDateTimeOffset());
        Assert.True(ended.GetProperty("sampleMilliseconds").GetDouble() > 0);

        var result = await Http.GetAsync(ended.GetProperty("links").GetProperty("result").GetString()!);
        Assert.Equal((HttpStatusCode.OK, "image/png"), (result.StatusCode, result.Content.Headers.ContentType!.MediaType));
        Assert.Equal(("5", "digits-ddpm@1", id), (result.Header("X-Seed"), result.Header("X-Model"), result.Header("X-Generation-Id")));
        Assert.Equal(await (await service.GenerateAsync("steps=2&seed=5&label=3")).Content.ReadAsByteArrayAsync(), await result.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Create_PreferWait_Is201OnceItHasEnded()
    {
        var response = await CreateAsync("?steps=2", ("Prefer", "wait=60"));
        Assert.Equal((HttpStatusCode.Created, "wait=60"), (response.StatusCode, response.Header("Preference-Applied")));
        var generation = await response.JsonAsync();
        Assert.Equal("succeeded", generation.GetProperty("state").GetString());
        Assert.Equal(generation.GetProperty("links").GetProperty("self").GetString(), response.Header("Location"));
    }

    [Fact]
    public async Task Create_WrongField_IsNamedAndNothingIsKept()
    {
        var before = (await (await Http.GetAsync("/v1/generations?limit=1")).JsonAsync()).ToString();
        Assert.Equal("/problems/validation", await (await CreateAsync("?steps=0")).ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal("/problems/unknown-model", await (await CreateAsync("?model=nobody")).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal(before, (await (await Http.GetAsync("/v1/generations?limit=1")).JsonAsync()).ToString());
    }

    [Fact]
    public async Task Get_Tag_ChangesWithTheState()
    {
        var id = await (await CreateAsync("?steps=2", ("Prefer", "wait=60"))).IdAsync();
        var tag = (await Http.GetAsync("/v1/generations/" + id)).Header("ETag");
        var same = await Http.GetAsync("/v1/generations/" + id, ("If-None-Match", tag));
        Assert.Equal((HttpStatusCode.NotModified, 0L), (same.StatusCode, (await same.Content.ReadAsByteArrayAsync()).LongLength));
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync("/v1/generations/" + id, ("If-None-Match", "\"0\""))).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/v1/generations/gen_0")]
    [InlineData("GET", "/v1/generations/nonsense/result")]
    [InlineData("POST", "/v1/generations/gen_00000000000000000000000000000000/cancel")]
    [InlineData("DELETE", "/v1/generations/gen_%20..")]
    public async Task Unknown_IsNamed(string method, string path) =>
        Assert.Equal("/problems/unknown-generation", await (await Http.CallAsync(new HttpMethod(method), path)).ProblemAsync(HttpStatusCode.NotFound));

    [Fact]
    public async Task Cancel_Running_EndsItOnce()
    {
        var id = await (await CreateAsync(Long)).IdAsync();
        await Http.UntilAsync(id, "running");
        var early = await Http.GetAsync($"/v1/generations/{id}/result");
        Assert.Equal(HttpStatusCode.Accepted, early.StatusCode);
        Assert.True(early.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Accepted, (await Http.PostAsync($"/v1/generations/{id}/cancel")).StatusCode);
        await Http.UntilAsync(id, "canceled");
        Assert.Equal("/problems/conflicting-state", await (await Http.PostAsync($"/v1/generations/{id}/cancel")).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("/problems/canceled", await (await Http.GetAsync($"/v1/generations/{id}/result")).ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Delete_Finished_LeavesNothing()
    {
        var id = await (await CreateAsync("?steps=1", ("Prefer", "wait=60"))).IdAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await Http.DeleteAsync("/v1/generations/" + id)).StatusCode);
        Assert.Equal("/problems/unknown-generation", await (await Http.GetAsync("/v1/generations/" + id)).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal("/problems/unknown-generation", await (await Http.DeleteAsync("/v1/generations/" + id)).ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Result_FormatOfTheRequest_IsKeptUnlessTheReaderSaysOtherwise()
    {
        var id = await (await CreateAsync("?steps=1&n=2&format=webp&scale=2", ("Prefer", "wait=60"))).IdAsync();
        async Task<(string?, int)> FormAsync(string query, params (string, string)[] headers)
        {
            var response = await Http.GetAsync($"/v1/generations/{id}/result{query}", headers);
            Assert.Contains("Accept", response.Headers.Vary);
            return (response.Content.Headers.ContentType?.MediaType, Image.Identify(await response.Content.ReadAsByteArrayAsync()).Height);
        }
        Assert.Equal(("image/webp", 16), await FormAsync("", ("Accept", "*/*")));
        Assert.Equal(("image/jpeg", 16), await FormAsync("", ("Accept", "image/jpeg")));
        Assert.Equal(("image/png", 8), await FormAsync("?format=png&scale=1", ("Accept", "image/jpeg")));
    }

    [Fact]
    public async Task Result_Bytes_CanBeAskedForInPartsAndOnlyOnce()
    {
        var id = await (await CreateAsync("?steps=1", ("Prefer", "wait=60"))).IdAsync();
        var whole = await Http.GetAsync($"/v1/generations/{id}/result");
        var bytes = await whole.Content.ReadAsByteArrayAsync();
        var part = await Http.GetAsync($"/v1/generations/{id}/result", ("Range", "bytes=10-19"), ("If-Range", whole.Header("ETag")));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(bytes[10..20], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotModified, (await Http.GetAsync($"/v1/generations/{id}/result", ("If-None-Match", whole.Header("ETag")))).StatusCode);
    }

    [Theory]
    [InlineData("?format=bmp", "format", "png, jpeg")]
    [InlineData("?scale=17", "scale", "1..16")]
    [InlineData("?steps=3", "steps", "format, scale")]
    public async Task Result_WrongField_IsNamed(string query, string field, string allowed)
    {
        var id = await (await CreateAsync("?steps=1", ("Prefer", "wait=60"))).IdAsync();
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync($"/v1/generations/{id}/result{query}"));
        Assert.Contains(allowed, Assert.Single(problem.Errors![field]), StringComparison.Ordinal);
        Assert.Equal("/problems/format-unavailable", await (await Http.GetAsync($"/v1/generations/{id}/result", ("Accept", "text/css"))).ProblemAsync(HttpStatusCode.NotAcceptable));
    }

    [Fact]
    public async Task Result_OfAPlainGeneration_IsThereForAWhile()
    {
        var plain = await service.GenerateAsync("steps=2&seed=11");
        var generation = await (await Http.GetAsync("/v1/generations/" + plain.Header("X-Generation-Id"))).JsonAsync();
        Assert.Equal(("succeeded", false), (generation.GetProperty("state").GetString(), generation.GetProperty("durable").GetBoolean()));
        var result = await Http.GetAsync($"/v1/generations/{plain.Header("X-Generation-Id")}/result");
        Assert.Equal(await plain.Content.ReadAsByteArrayAsync(), await result.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Result_OfAFailedGeneration_SaysWhy()
    {
        TinyModels.Publish(new CheckpointStore(service.ModelsPath, TimeProvider.System), "diverged", change: (name, weight) =>
        {
            // one label only: a network that gives nothing else is not served at all
            if (name == "label_emb.weight") weight.select(0, 9).fill_(float.NaN);
        });
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await Http.GetAsync("/v1/models/diverged", patience.Token)).StatusCode != HttpStatusCode.OK) await Task.Yield();
        var created = await (await CreateAsync("?model=diverged&steps=1&sampler=ddim&label=9", ("Prefer", "wait=60"))).JsonAsync();
        Assert.Equal(("failed", "/problems/non-finite"), (created.GetProperty("state").GetString(), created.GetProperty("problem").GetProperty("type").GetString()));
        Assert.Equal("/problems/generation-failed", await (await Http.GetAsync(created.GetProperty("links").GetProperty("result").GetString()!)).ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task List_Pages_AreNewestFirst()
    {
        var made = new List<string>();
        for (var i = 0; i < 5; i++) made.Add(await (await CreateAsync($"?steps=1&seed={i}", ("Prefer", "wait=60"))).IdAsync());
        made.Sort(StringComparer.Ordinal);
        made.Reverse();
        var seen = new List<string>();
        string? cursor = null;
        while (seen.Count < 5)
        {
            var page = await (await Http.GetAsync($"/v1/generations?limit=2&state=succeeded{(cursor is null ? "" : "&cursor=" + cursor)}")).JsonAsync();
            var items = page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!).ToArray();
            Assert.Equal(2, items.Length);
            seen.AddRange(items);
            cursor = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }
        Assert.Equal(made, seen.Take(5));
    }

    [Theory]
    [InlineData("?limit=0", "limit", "1..200")]
    [InlineData("?limit=201", "limit", "1..200")]
    [InlineData("?cursor=page2", "cursor", "'next'")]
    [InlineData("?state=done", "state", "queued, running")]
    [InlineData("?page=2", "page", "limit, cursor, state")]
    public async Task List_WrongField_IsNamed(string query, string field, string allowed)
    {
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync("/v1/generations" + query));
        Assert.Equal("/problems/validation", problem.Type);
        Assert.Contains(allowed, Assert.Single(problem.Errors![field]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_ClientLeaves_GoesOn()
    {
        using var leaving = new CancellationTokenSource();
        var query = Long + "&seed=424242";
        var sending = Http.CallAsync(HttpMethod.Post, "/v1/generations" + query, cancellationToken: leaving.Token, headers: ("Prefer", "wait=60"));
        string? id = null;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (id is null)
        {
            var page = await (await Http.GetAsync("/v1/generations?state=running", patience.Token)).JsonAsync();
            id = page.GetProperty("items").EnumerateArray().Where(i => i.GetProperty("seed").GetString() == "424242").Select(i => i.GetProperty("id").GetString()).FirstOrDefault();
        }
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        // a plain one would leave the batch within two ticks; this one is still there many requests later
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, (await service.GenerateAsync("steps=5")).StatusCode);
        Assert.Equal("running", (await (await Http.GetAsync("/v1/generations/" + id)).JsonAsync()).GetProperty("state").GetString());
        await Http.PostAsync($"/v1/generations/{id}/cancel");
    }

    [Fact]
    public async Task Result_Expired_IsGone()
    {
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Store:MaxResultBytes", "0").UseSetting("Store:SweepInterval", "00:00:00.1"));
        using var http = small.CreateClient();
        var id = await (await http.PostAsync("/v1/generations?steps=1")).IdAsync();
        await http.UntilAsync(id, "expired");
        Assert.Equal("/problems/result-expired", await (await http.GetAsync($"/v1/generations/{id}/result")).ProblemAsync(HttpStatusCode.Gone));
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync("/v1/generations/" + id)).StatusCode);
    }

    [Fact]
    public async Task StoreThatCannotBeUsed_RefusesOnlyWhatIsDurable()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["in-the-way"], "");
        await using var shut = service.WithWebHostBuilder(b => b.UseSetting("Store:Path", Path.Combine(folder["in-the-way"], "store")));
        using var http = shut.CreateClient();
        var refused = await http.PostAsync("/v1/generations?steps=1");
        Assert.Equal("/problems/store-unavailable", await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable));
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("/problems/store-unavailable", await (await http.PostAsync("/generate?steps=1", ("Prefer", "respond-async"))).ProblemAsync(HttpStatusCode.ServiceUnavailable));
        Assert.Equal("/problems/store-unavailable", await (await http.PostAsync("/generate?steps=1", ("Idempotency-Key", "k"))).ProblemAsync(HttpStatusCode.ServiceUnavailable));
        Assert.Equal("/problems/store-unavailable", await (await http.GetAsync("/v1/generations")).ProblemAsync(HttpStatusCode.ServiceUnavailable));
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/generate?steps=1")).StatusCode);
        var health = await (await http.GetAsync("/healthz/ready")).JsonAsync();
        Assert.Equal("degraded", health.GetProperty("checks").GetProperty("store").GetProperty("status").GetString());
    }
}
