using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Diffusion.Api.Access;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Api.Tests.Hubs;
using Diffusion.Api.Tests.Streams;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Access;

public sealed class OwnershipTests(KeyedService service) : IClassFixture<KeyedService>, IDisposable
{
    private const string Long = "/v1/generations?sampler=ddpm&steps=1000&n=16&model=" + Service.Long;

    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    public void Dispose() => patience.Dispose();

    private Task<HttpResponseMessage> CallAsync(string key, HttpMethod method, string path, params (string, string)[] headers) =>
        service.Http.CallAsync(method, path, headers: [("Authorization", "Bearer " + key), .. headers]);

    private async Task<string> CreateAsync(string key, string path = "/v1/generations?steps=1") =>
        await (await CallAsync(key, HttpMethod.Post, path, ("Prefer", path == Long ? "respond-async" : "wait=60"))).IdAsync();

    private async Task<string[]> ListAsync(string key)
    {
        var page = await (await CallAsync(key, HttpMethod.Get, "/v1/generations?limit=200")).JsonAsync();
        return [.. page.GetProperty("items").EnumerateArray().Select(g => g.GetProperty("id").GetString()!)];
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/result")]
    [InlineData("GET", "/frames")]
    [InlineData("GET", "/events")]
    [InlineData("POST", "/cancel")]
    [InlineData("DELETE", "")]
    public async Task Generation_OfSomebodyElse_IsNotThere(string method, string part)
    {
        var name = $"{method.ToLowerInvariant()}-{part.Trim('/')}x";
        var (owner, other) = (service.Add("owner-" + name, Scopes.Generate), service.Add("other-" + name, Scopes.Generate, Scopes.Train));
        var id = await CreateAsync(owner, Long);
        var refused = await CallAsync(other, new HttpMethod(method), $"/v1/generations/{id}{part}");
        Assert.Equal("/problems/unknown-generation", await refused.ProblemAsync(HttpStatusCode.NotFound));
        var still = await (await CallAsync(owner, HttpMethod.Get, $"/v1/generations/{id}")).JsonAsync();
        Assert.Contains(still.GetProperty("state").GetString(), new[] { "queued", "running" });
        Assert.Equal(HttpStatusCode.NoContent, (await CallAsync(owner, HttpMethod.Delete, $"/v1/generations/{id}")).StatusCode);
    }

    [Fact]
    public async Task List_OfAClient_HasItsOwn_AndOfAnAdminAll()
    {
        var (a, b, admin) = (service.Add("list-a", Scopes.Generate), service.Add("list-b", Scopes.Generate), service.Add("list-c", Scopes.Generate, Scopes.Admin));
        var (of, others) = (await CreateAsync(a), await CreateAsync(b));
        Assert.Equal([of], await ListAsync(a));
        Assert.Equal([others], await ListAsync(b));
        Assert.Subset((await ListAsync(admin)).ToHashSet(), new HashSet<string> { of, others });
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(admin, HttpMethod.Get, $"/v1/generations/{of}/result")).StatusCode);
    }

    [Fact]
    public async Task IdempotencyKey_OfTwoClients_IsNotTheSame()
    {
        var (a, b, key) = (service.Add("same-a", Scopes.Generate), service.Add("same-b", Scopes.Generate), ("Idempotency-Key", "same"));
        var first = await (await CallAsync(a, HttpMethod.Post, "/v1/generations?steps=1", key)).IdAsync();
        var other = await CallAsync(b, HttpMethod.Post, "/v1/generations?steps=1", key);
        Assert.False(other.Headers.Contains("Idempotency-Replayed"));
        Assert.NotEqual(first, await other.IdAsync());
        Assert.Equal(first, await (await CallAsync(a, HttpMethod.Post, "/v1/generations?steps=1", key)).IdAsync());
    }

    [Theory]
    [InlineData("Cancel")]
    [InlineData("Watch")]
    public async Task Hub_GenerationOfSomebodyElse_IsNotThere(string method)
    {
        var (owner, other) = (service.Add("hub-owner-" + method.ToLowerInvariant(), Scopes.Generate), service.Add("hub-other-" + method.ToLowerInvariant(), Scopes.Generate));
        var id = await CreateAsync(owner, Long);
        await using var hub = await HubClient.ConnectAsync(service.Server, patience.Token, "?access_token=" + other);
        var refused = await Assert.ThrowsAsync<HubError>(async () =>
        {
            if (method == "Cancel") await hub.InvokeAsync(method, patience.Token, id);
            else await foreach (var _ in hub.ItemsAsync(await hub.StartAsync(method, patience.Token, id, 0), patience.Token)) { }
        });
        Assert.Equal("/problems/unknown-generation", refused.Problem.Type);
        await CallAsync(owner, HttpMethod.Delete, $"/v1/generations/{id}");
    }

    [Fact]
    public async Task Streams_TakeTheKeyInTheirAddress_AndShowOnlyItsOwn()
    {
        var (owner, other) = (service.Add("stream-owner", Scopes.Generate), service.Add("stream-other", Scopes.Generate));
        var id = await CreateAsync(owner);
        using (var events = await EventReader.OpenAsync(service.Http, HttpMethod.Get, $"/v1/generations/{id}/events?frames=none&access_token={owner}", patience.Token))
            Assert.Equal("generation.completed", (await events.AllAsync(patience.Token))[^1].Type);
        Assert.Equal("completed", await LastAsync(owner));
        Assert.Equal("problem", await LastAsync(other));
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.Http.GetAsync("/v1/stream")).StatusCode);

        async Task<string> LastAsync(string key)
        {
            using var socket = await service.Server.CreateWebSocketClient().ConnectAsync(new Uri(service.Server.BaseAddress, "v1/stream?access_token=" + key), patience.Token);
            await socket.SendAsync(Encoding.UTF8.GetBytes($$"""{"watch":"{{id}}","frames":"none"}"""), WebSocketMessageType.Text, true, patience.Token);
            var (buffer, last) = (new byte[1 << 14], "");
            while (await socket.ReceiveAsync(buffer, patience.Token) is { MessageType: WebSocketMessageType.Text } part)
                last = JsonDocument.Parse(buffer.AsMemory(0, part.Count)).RootElement.GetProperty("type").GetString()!;
            return last;
        }
    }

    [Fact]
    public async Task Start_GenerationOfSomebodyElse_IsNotThere()
    {
        var (owner, other) = (service.Add("start-owner", Scopes.Generate), service.Add("start-other", Scopes.Generate));
        var body = $$"""{ "from": { "generation": "{{await CreateAsync(owner)}}" }, "to": { "seed": 1 }, "steps": 2, "n": 2 }""";
        Task<HttpResponseMessage> InterpolateAsync(string key) =>
            service.Http.CallAsync(HttpMethod.Post, "/v1/interpolations", body, headers: ("Authorization", "Bearer " + key));
        Assert.Equal("/problems/unknown-generation", await (await InterpolateAsync(other)).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal(HttpStatusCode.OK, (await InterpolateAsync(owner)).StatusCode);
    }

    [Theory]
    [InlineData("POST", "")]
    [InlineData("GET", "")]
    [InlineData("GET", "/gen_x")]
    [InlineData("GET", "/gen_x/result")]
    [InlineData("GET", "/gen_x/frames")]
    [InlineData("GET", "/gen_x/events")]
    [InlineData("POST", "/gen_x/cancel")]
    [InlineData("DELETE", "/gen_x")]
    public async Task Generations_WithoutTheScope_Are403(string method, string path)
    {
        var key = service.Add($"train-{method.ToLowerInvariant()}-{path.Length}", Scopes.Train, Scopes.Admin);
        var refused = await CallAsync(key, new HttpMethod(method), "/v1/generations" + path);
        Assert.Equal("/problems/forbidden", await refused.ProblemAsync(HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task Create_OverTheQuota_IsRefusedAndNotKept()
    {
        var key = service.Add("durable-metered", rowsPerMinute: 10, concurrentRows: null, Scopes.Generate);
        var refused = await CallAsync(key, HttpMethod.Post, "/v1/generations?steps=11");
        Assert.Equal("/problems/quota-exceeded", await refused.ProblemAsync(HttpStatusCode.TooManyRequests));
        Assert.Empty(await ListAsync(key));
    }

    [Fact]
    public void EveryCall_ButThoseThatOnlyTellWhatIsServed_NamesItsScope()
    {
        string[] telling = ["/v1/models", "/v1/samplers", "/v1/queue", "/problems", "/healthz"];
        var open = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => !e.Metadata.OfType<IAuthorizeData>().Any(a => a.Policy is { } policy && Scopes.All.Contains(policy)))
            .Where(e => !(e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is null or ["GET"] && telling.Any(t => e.RoutePattern.RawText!.StartsWith(t, StringComparison.Ordinal))));
        Assert.Empty(open.Select(e => e.RoutePattern.RawText));
    }
}
