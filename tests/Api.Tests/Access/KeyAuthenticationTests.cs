using System.Net;
using Diffusion.Api.Access;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Api.Tests.Hubs;

namespace Diffusion.Api.Tests.Access;

public sealed class KeyAuthenticationTests(KeyedService service) : IClassFixture<KeyedService>, IDisposable
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    public void Dispose() => patience.Dispose();

    [Theory]
    [InlineData("POST", "/generate?steps=1")]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/v1/samplers")]
    [InlineData("GET", "/v1/queue")]
    [InlineData("GET", "/v1/training-jobs")]
    [InlineData("GET", "/v1/datasets")]
    [InlineData("GET", "/v1/training-jobs/000001/events")]
    [InlineData("GET", "/v1/training-templates")]
    [InlineData("GET", "/hubs/generation")]
    [InlineData("GET", "/hubs/training")]
    [InlineData("GET", "/nothing")]
    public async Task Call_WithoutAKey_Is401(string method, string path)
    {
        var answer = await service.SendAsync(new HttpMethod(method), path);
        Assert.Equal("/problems/unauthorized", (await ProblemAnswer.ReadAsync(answer)).Type);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
        Assert.DoesNotContain("invalid_token", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/app.js")]
    [InlineData("/swagger/index.html")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/problems/unauthorized")]
    public async Task PageAndHealth_WithoutAKey_AreServed(string path) =>
        Assert.Equal(HttpStatusCode.OK, (await service.SendAsync(HttpMethod.Get, path)).StatusCode);

    [Theory]
    [InlineData("Authorization")]
    [InlineData("X-Api-Key")]
    public async Task Call_WithAKey_IsServed(string header)
    {
        var key = service.Add($"served-{header.ToLowerInvariant()}", Scopes.Generate);
        Assert.Equal(HttpStatusCode.OK, (await service.SendAsync(HttpMethod.Post, "/generate?steps=1", key, header)).StatusCode);
    }

    [Fact]
    public async Task Call_WithASmallBearer_IsServed()
    {
        // the name of a scheme has no case (RFC 9110, 11.1)
        var key = service.Add("small-bearer", Scopes.Generate);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/v1/models", ("Authorization", "bearer " + key))).StatusCode);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("dk_0123456789ab_0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Call_WithAWrongKey_Is401AndSaysSo(string key)
    {
        var answer = await service.SendAsync(HttpMethod.Get, "/v1/models", key);
        Assert.Equal("/problems/unauthorized", (await ProblemAnswer.ReadAsync(answer)).Type);
        Assert.Contains("invalid_token", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/generate?steps=1", Scopes.Generate, Scopes.Train)]
    [InlineData("GET", "/v1/training-jobs", Scopes.Train, Scopes.Generate)]
    [InlineData("GET", "/v1/datasets/tiny/preview.png", Scopes.Train, Scopes.Generate)]
    [InlineData("DELETE", "/v1/datasets/tiny", Scopes.Train, Scopes.Admin)]
    [InlineData("GET", "/v1/evaluations", Scopes.Train, Scopes.Generate)]
    [InlineData("GET", "/v1/training-jobs/000001/metrics", Scopes.Train, Scopes.Admin)]
    [InlineData("GET", "/hubs/generation", Scopes.Generate, Scopes.Admin)]
    [InlineData("GET", "/hubs/training", Scopes.Train, Scopes.Generate)]
    [InlineData("PUT", "/v1/models/digits-ddpm/aliases/prod", Scopes.Admin, Scopes.Generate)]
    [InlineData("POST", "/v1/models/digits-ddpm/aliases/prod/rollback", Scopes.Admin, Scopes.Train)]
    [InlineData("DELETE", "/v1/models/digits-ddpm/versions/1", Scopes.Admin, Scopes.Generate)]
    [InlineData("GET", "/v1/models/digits-ddpm/versions/1/export", Scopes.Admin, Scopes.Generate)]
    [InlineData("POST", "/v1/models/digits-ddpm/versions", Scopes.Admin, Scopes.Train)]
    public async Task Call_WithoutTheScope_Is403AndNamesIt(string method, string path, string needed, string held)
    {
        var key = service.Add($"scope-{needed}-{held}-{method.ToLowerInvariant()}-{path.Length}", held);
        var answer = await service.SendAsync(new HttpMethod(method), path, key);
        var problem = await ProblemAnswer.ReadAsync(answer);
        Assert.Equal((HttpStatusCode.Forbidden, "/problems/forbidden"), (answer.StatusCode, problem.Type));
        Assert.Contains($"'{needed}'", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_Revoked_IsRefusedAtOnce()
    {
        var key = service.Add("short", Scopes.Generate);
        Assert.Equal(HttpStatusCode.OK, (await service.SendAsync(HttpMethod.Get, "/v1/models", key)).StatusCode);
        service.Revoke("short");
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.SendAsync(HttpMethod.Get, "/v1/models", key)).StatusCode);
    }

    [Fact]
    public async Task KeyInQuery_OnTheHubOnly_IsTaken()
    {
        var key = service.Add("query", Scopes.Generate);
        Assert.Equal(HttpStatusCode.Unauthorized, (await service.SendAsync(HttpMethod.Get, "/v1/models?access_token=" + key)).StatusCode);
        await using var hub = await HubClient.ConnectAsync(service.Server, patience.Token, "?access_token=" + key);
        await Generate(hub);
    }

    [Fact]
    public async Task Hub_KeyRevokedWhileConnected_RefusesTheNextCall()
    {
        var key = service.Add("leaving", Scopes.Generate);
        await using var hub = await HubClient.ConnectAsync(service.Server, patience.Token, "?access_token=" + key);
        await Generate(hub);
        service.Revoke("leaving");
        var refused = await Assert.ThrowsAsync<HubError>(() => Generate(hub));
        Assert.Equal("/problems/unauthorized", refused.Problem.Type);
    }

    [Theory]
    [InlineData("POST", "/generate?steps=1")]
    [InlineData("GET", "/v1/models")]
    public async Task Answer_ToARefusedCall_HasTheSecurityHeaders(string method, string path)
    {
        var answer = await service.SendAsync(new HttpMethod(method), path);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    private async Task Generate(HubClient hub)
    {
        var id = await hub.StartAsync("Generate", patience.Token, new { steps = 1, frames = new { every = 0 } });
        var last = "";
        await foreach (var e in hub.ItemsAsync(id, patience.Token)) last = e.GetProperty("type").GetString();
        Assert.Equal("completed", last);
    }
}
