using System.Net;
using System.Text.Json;
using Diffusion.Api.Access;
using Microsoft.AspNetCore.Hosting;

namespace Diffusion.Api.Tests.Access;

public sealed class QuotaTests(KeyedService service) : IClassFixture<KeyedService>
{
    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    private static async Task<JsonElement> RefusedAsync(HttpResponseMessage answer)
    {
        Assert.Equal("/problems/quota-exceeded", (await ProblemAnswer.ReadAsync(answer)).Type);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    [Fact]
    public async Task Generate_OverTheQuota_SaysWhatIsUsedAndWhenToComeBack()
    {
        var key = service.Add("metered", rowsPerMinute: 20, concurrentRows: null, Scopes.Generate);
        var served = await service.SendAsync(HttpMethod.Post, "/generate?steps=4&n=4", key);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Equal("\"row-steps\";q=20;w=60", Header(served, "RateLimit-Policy"));
        Assert.Matches("^\"row-steps\";r=[4-9];t=[0-9]+$", Header(served, "RateLimit"));

        var refused = await service.SendAsync(HttpMethod.Post, "/generate?steps=20", key);
        var problem = await RefusedAsync(refused);
        Assert.Equal((20, "row-steps"), (problem.GetProperty("limit").GetInt32(), problem.GetProperty("unit").GetString()));
        Assert.InRange(problem.GetProperty("used").GetInt32(), 1, 16);
        Assert.True(problem.GetProperty("resetsAt").GetDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(-1));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal("\"row-steps\";q=20;w=60", Header(refused, "RateLimit-Policy"));
    }

    [Fact]
    public async Task Generate_MoreThanTheQuotaItself_HasNoRetryAfter()
    {
        var key = service.Add("small", rowsPerMinute: 20, concurrentRows: null, Scopes.Generate);
        var refused = await service.SendAsync(HttpMethod.Post, "/generate?steps=21", key);
        var problem = await RefusedAsync(refused);
        Assert.Contains("never fits", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Null(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task Generate_GuidanceCountsTwice()
    {
        var key = service.Add("guided", rowsPerMinute: 20, concurrentRows: null, Scopes.Generate);
        await RefusedAsync(await service.SendAsync(HttpMethod.Post, "/generate?steps=11&label=1&guidance=2", key));
        Assert.Equal(HttpStatusCode.OK, (await service.SendAsync(HttpMethod.Post, "/generate?steps=11&label=1&guidance=1", key)).StatusCode);
    }

    [Fact]
    public async Task Generate_MoreRowsThanMayBeAtWork_IsRefused()
    {
        var key = service.Add("narrow", rowsPerMinute: null, concurrentRows: 4, Scopes.Generate);
        var problem = await RefusedAsync(await service.SendAsync(HttpMethod.Post, "/generate?steps=1&n=5", key));
        Assert.Equal((4, "concurrent-rows"), (problem.GetProperty("limit").GetInt32(), problem.GetProperty("unit").GetString()));
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, (await service.SendAsync(HttpMethod.Post, "/generate?steps=1&n=4", key)).StatusCode);
    }

    [Fact]
    public async Task Generate_OtherKeysAndNoLimits_AreNotTouched()
    {
        var (full, free) = (service.Add("full", rowsPerMinute: 1, concurrentRows: null, Scopes.Generate), service.Add("free", Scopes.Generate));
        await service.SendAsync(HttpMethod.Post, "/generate?steps=1", full);
        await RefusedAsync(await service.SendAsync(HttpMethod.Post, "/generate?steps=1", full));
        var served = await service.SendAsync(HttpMethod.Post, "/generate?steps=4", free);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.False(served.Headers.Contains("RateLimit"));
    }
}

[Collection(SharedService.Name)]
public sealed class AnonymousQuotaTests(Service service)
{
    [Fact]
    public async Task Generate_WithoutKeysOnLoopback_IsNotLimited()
    {
        var served = await service.GenerateAsync("steps=1");
        Assert.False(served.Headers.Contains("RateLimit"));
    }

    [Fact]
    public async Task Generate_WithoutKeysWhereAddressesAreLimited_IsRefusedByAddress()
    {
        await using var limited = service.WithWebHostBuilder(b => b.UseSetting("Api:LimitLoopback", "true").UseSetting("Api:AnonymousRowsPerMinute", "3"));
        using var http = limited.CreateClient();
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/generate?steps=3", null)).StatusCode);
        var refused = await http.PostAsync("/generate?steps=3", null);
        Assert.Equal("/problems/quota-exceeded", (await ProblemAnswer.ReadAsync(refused)).Type);
    }
}
