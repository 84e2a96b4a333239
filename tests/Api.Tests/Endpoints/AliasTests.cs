using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using static Diffusion.Api.Tests.Endpoints.VersionedService;

namespace Diffusion.Api.Tests.Endpoints;

public sealed class AliasTests(VersionedService service) : IClassFixture<VersionedService>
{
    private static string PathOf(string model, string alias) => $"/v1/models/{model}/aliases/{alias}";

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string? ifMatch = null, string? ifNoneMatch = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return service.Http.SendAsync(request);
    }

    private async Task<string> PutAsync(string model, string alias, int version, string? ifMatch = null)
    {
        var answer = await SendAsync(HttpMethod.Put, PathOf(model, alias), $$"""{ "version": {{version}} }""", ifMatch);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer.Headers.ETag!.Tag;
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        var answer = await service.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string slug)
    {
        Assert.Equal("/problems/" + slug, (await ProblemAnswer.ReadAsync(answer)).Type);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Put_AliasThatIsNotSet_MakesItAndRequestsFollow()
    {
        var path = PathOf(Ladder, "made");
        await AssertProblemAsync(await service.Http.GetAsync(path), HttpStatusCode.NotFound, "unknown-model");
        var made = await SendAsync(HttpMethod.Put, path, """{ "version": 2 }""", ifNoneMatch: "*");
        Assert.Equal((HttpStatusCode.Created, path), (made.StatusCode, made.Headers.Location?.ToString()));
        var got = await service.Http.GetAsync(path);
        Assert.Equal(made.Headers.ETag, got.Headers.ETag);
        Assert.Equal(2, (await got.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetInt32());
        var served = await service.GenerateAsync($"steps=1&model={Ladder}@made");
        Assert.Equal($"{Ladder}@2", served.Headers.GetValues("X-Model").Single());
        Assert.Contains("made", (await GetAsync($"/v1/models/{Ladder}/versions/2")).GetProperty("aliases").EnumerateArray().Select(a => a.GetString()));
        Assert.Contains((await GetAsync($"/v1/models/{Ladder}/aliases")).EnumerateArray(), a => a.GetProperty("alias").GetString() == "made");
    }

    [Fact]
    public async Task Get_WithTheTagItHas_IsNotSentAgain()
    {
        var tag = await PutAsync(Ladder, "cached", 1);
        Assert.Equal(HttpStatusCode.NotModified, (await SendAsync(HttpMethod.Get, PathOf(Ladder, "cached"), ifNoneMatch: tag)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, PathOf(Ladder, "cached"), ifNoneMatch: "\"1-0\"")).StatusCode);
    }

    [Fact]
    public async Task Put_AliasThatWasMovedMeanwhile_Is412AndSaysWhereItStands()
    {
        var path = PathOf(Ladder, "contested");
        var seen = await PutAsync(Ladder, "contested", 1);
        var moved = await PutAsync(Ladder, "contested", 2, seen);
        var late = await SendAsync(HttpMethod.Put, path, """{ "version": 3 }""", ifMatch: seen);
        var problem = JsonDocument.Parse(await late.Content.ReadAsStringAsync()).RootElement;
        await AssertProblemAsync(late, HttpStatusCode.PreconditionFailed, "version-mismatch");
        Assert.Equal((2, moved), (problem.GetProperty("version").GetInt32(), problem.GetProperty("etag").GetString()));
        await AssertProblemAsync(await SendAsync(HttpMethod.Put, path, """{ "version": 3 }""", ifNoneMatch: "*"), HttpStatusCode.PreconditionFailed, "version-mismatch");
        await AssertProblemAsync(await SendAsync(HttpMethod.Post, path + "/rollback", ifMatch: seen), HttpStatusCode.PreconditionFailed, "version-mismatch");
        await AssertProblemAsync(await SendAsync(HttpMethod.Delete, path, ifMatch: seen), HttpStatusCode.PreconditionFailed, "version-mismatch");
        Assert.Equal(2, (await GetAsync(path)).GetProperty("version").GetInt32());
        await PutAsync(Ladder, "contested", 3, "*");
    }

    [Fact]
    public async Task Put_BackToTheSameVersion_HasAnotherTag()
    {
        var first = await PutAsync(Ladder, "returning", 1);
        await PutAsync(Ladder, "returning", 2);
        Assert.NotEqual(first, await PutAsync(Ladder, "returning", 1));
    }

    [Fact]
    public async Task RollBack_GoesToWhereItStoodUntilThereIsNothing()
    {
        foreach (var version in new[] { 1, 3, 2 }) await PutAsync(Ladder, "rolled", version);
        var path = PathOf(Ladder, "rolled");
        var back = await SendAsync(HttpMethod.Post, path + "/rollback");
        var answer = await back.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(3, answer.GetProperty("version").GetInt32());
        Assert.Equal([1], answer.GetProperty("before").EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, path + "/rollback", ifMatch: back.Headers.ETag!.Tag)).StatusCode);
        await AssertProblemAsync(await SendAsync(HttpMethod.Post, path + "/rollback"), HttpStatusCode.Conflict, "conflicting-state");
        Assert.Equal(1, (await GetAsync(path)).GetProperty("version").GetInt32());
    }

    [Theory]
    [InlineData("wrong", "{ \"version\": 9 }", "version", "1, 2, 3")]
    [InlineData("wrong", "{ \"version\": \"2\" }", "version", "1, 2, 3")]
    [InlineData("wrong", "{ \"version\": 1.5 }", "version", "1, 2, 3")]
    [InlineData("wrong", "{}", "version", "missing")]
    [InlineData("wrong", "[]", "version", "must be")]
    [InlineData("wrong", "{ \"version\": 1, \"colour\": 2 }", "colour", "there is: version")]
    [InlineData("wrong", null, "version", "must be")]
    [InlineData("v3", "{ \"version\": 1 }", "alias", "version number")]
    [InlineData("3", "{ \"version\": 1 }", "alias", "version number")]
    [InlineData("Über", "{ \"version\": 1 }", "alias", "a-z")]
    public async Task Put_Wrong_NamesTheField(string alias, string? json, string field, string allowed)
    {
        var problem = await ProblemAnswer.ReadAsync(await SendAsync(HttpMethod.Put, PathOf(Ladder, Uri.EscapeDataString(alias)), json));
        Assert.Equal("/problems/validation", problem.Type);
        Assert.Contains(allowed, Assert.Single(problem.Errors![field]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_PreconditionThatIsNoTag_NamesTheHeader() =>
        Assert.Contains("If-Match", (await ProblemAnswer.ReadAsync(await SendAsync(HttpMethod.Put, PathOf(Ladder, "odd"), """{ "version": 1 }""", ifMatch: "3"))).Errors!.Keys);

    [Theory]
    [InlineData("GET", "/v1/models/nobody/aliases")]
    [InlineData("PUT", "/v1/models/nobody/aliases/prod")]
    [InlineData("POST", "/v1/models/ladder/aliases/nobody/rollback")]
    [InlineData("DELETE", "/v1/models/ladder/aliases/nobody")]
    [InlineData("GET", "/v1/models/nobody/versions")]
    [InlineData("GET", "/v1/models/ladder/versions/9")]
    [InlineData("GET", "/v1/models/ladder/versions/..%2f..")]
    [InlineData("DELETE", "/v1/models/ladder/versions/9")]
    public async Task Call_OfWhatIsNotThere_Is404(string method, string path) =>
        await AssertProblemAsync(await SendAsync(new HttpMethod(method), path, method == "PUT" ? """{ "version": 1 }""" : null), HttpStatusCode.NotFound, "unknown-model");

    [Fact]
    public async Task Put_VersionThatCannotBeLoaded_LeavesTheAlias()
    {
        await PutAsync(Damaged, "prod", 1);
        await AssertProblemAsync(await SendAsync(HttpMethod.Put, PathOf(Damaged, "prod"), """{ "version": 2 }"""), HttpStatusCode.ServiceUnavailable, "model-unavailable");
        Assert.Equal(1, (await GetAsync(PathOf(Damaged, "prod"))).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task Versions_List_TellsTheStoryOfEach()
    {
        var versions = (await GetAsync($"/v1/models/{Ladder}/versions")).EnumerateArray().ToArray();
        Assert.Equal([1, 2, 3], versions.Select(v => v.GetProperty("version").GetInt32()));
        Assert.Equal(("2", "ddpm", "epsilon"), (versions[1].GetProperty("seed").GetString(), versions[1].GetProperty("objective").GetString(), versions[1].GetProperty("prediction").GetString()));
        Assert.Equal(64, versions[1].GetProperty("files").GetProperty("model.safetensors").GetProperty("sha256").GetString()!.Length);
        Assert.Equal(versions[2].ToString(), (await GetAsync($"/v1/models/{Ladder}/versions/v000003")).ToString());
    }

    [Fact]
    public async Task Delete_VersionInUse_IsRefusedAndAnUnusedOneGoes()
    {
        await PutAsync(Trash, "kept", 1);
        await AssertProblemAsync(await SendAsync(HttpMethod.Delete, $"/v1/models/{Trash}/versions/1"), HttpStatusCode.Conflict, "conflicting-state");
        await AssertProblemAsync(await SendAsync(HttpMethod.Delete, $"/v1/models/{Trash}/versions/3"), HttpStatusCode.Conflict, "conflicting-state");
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"/v1/models/{Trash}/versions/2")).StatusCode);
        await AssertProblemAsync(await service.Http.GetAsync($"/v1/models/{Trash}/versions/2"), HttpStatusCode.NotFound, "unknown-model");
        await AssertProblemAsync(await service.GenerateAsync($"model={Trash}@2"), HttpStatusCode.NotFound, "unknown-model");
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, PathOf(Trash, "kept"))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"/v1/models/{Trash}/versions/1")).StatusCode);
    }

    [Fact]
    public async Task Default_MovedAndRolledBackUnderRunningRequests_FailsNone()
    {
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => CallAsync(done.Token)).ToArray();
        await PutAsync(Swapped, "default", 1);
        for (var i = 0; i < 4; i++)
        {
            await PutAsync(Swapped, "default", 2);
            Assert.Equal($"{Swapped}@2", (await service.GenerateAsync($"steps=1&model={Swapped}")).Headers.GetValues("X-Model").Single());
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, PathOf(Swapped, "default") + "/rollback")).StatusCode);
            Assert.Equal($"{Swapped}@1", (await service.GenerateAsync($"steps=1&model={Swapped}")).Headers.GetValues("X-Model").Single());
        }
        await done.CancelAsync();
        var served = (await Task.WhenAll(callers)).SelectMany(m => m).ToArray();
        Assert.All(served, m => Assert.True(m is $"{Swapped}@1" or $"{Swapped}@2", m));
        Assert.NotEmpty(served);
        await AssertProblemAsync(await SendAsync(HttpMethod.Delete, PathOf(Swapped, "default")), HttpStatusCode.Conflict, "conflicting-state");
    }

    // every answer is a picture, by the version that was resolved when the request came
    private async Task<List<string>> CallAsync(CancellationToken done)
    {
        var served = new List<string>();
        while (!done.IsCancellationRequested)
        {
            var answer = await service.GenerateAsync($"steps=20&n=2&model={Swapped}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            served.Add(answer.Headers.GetValues("X-Model").Single());
        }
        return served;
    }
}
