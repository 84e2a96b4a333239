using System.Net;
using Diffusion.Api.Hosting;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Diffusion.Api.Tests.Hosting;

[Collection(SharedService.Name)]
public sealed class EdgeSecurityTests(Service service)
{
    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/swagger/index.html")]
    [InlineData("POST", "/generate?steps=0")]
    [InlineData("GET", "/nothing")]
    public async Task EveryAnswer_HasTheSecurityHeaders(string method, string path)
    {
        var response = await service.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Contains("default-src 'self'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(response.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://localhost:3000")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Generate_FromAPageOfAnotherSite_IsForbidden(string header, string value)
    {
        var response = await service.Http.SendAsync(With(HttpMethod.Post, "/generate?steps=1", header, value));
        Assert.Equal("/problems/cross-site", (await ProblemAnswer.ReadAsync(response)).Type);
    }

    [Theory]
    [InlineData("Origin", "http://localhost")]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    [InlineData("Sec-Fetch-Site", "none")]
    public async Task Generate_FromTheOwnPage_IsServed(string header, string value) =>
        Assert.Equal(HttpStatusCode.OK, (await service.Http.SendAsync(With(HttpMethod.Post, "/generate?steps=1", header, value))).StatusCode);

    [Fact]
    public async Task Hub_FromAPageOfAnotherSite_IsForbidden() =>
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Http.SendAsync(With(HttpMethod.Get, "/hubs/generation", "Origin", "http://evil.example"))).StatusCode);

    [Fact]
    public async Task AnyRequest_ForAnotherHostName_IsRefused()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "evil.example";
        var answer = await service.Http.SendAsync(request);
        Assert.Equal("/problems/bad-request", (await ProblemAnswer.ReadAsync(answer)).Type);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Failure_InsideTheService_TellsNothingOfItself()
    {
        await using var broken = service.WithWebHostBuilder(b => b.ConfigureLogging(l => l.Services.AddSingleton<ILoggerProvider>(new BrokenLog())));
        using var http = broken.CreateClient();
        var response = await http.PostAsync("/generate?steps=1", null);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal("/problems/internal", (await ProblemAnswer.ReadAsync(response)).Type);
        Assert.DoesNotContain(BrokenLog.Secret, body, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", body, StringComparison.Ordinal);
    }

    private static HttpRequestMessage With(HttpMethod method, string path, string header, string value)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add(header, value);
        return request;
    }
}
