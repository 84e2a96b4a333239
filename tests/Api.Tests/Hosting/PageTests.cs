using System.Net;

namespace Diffusion.Api.Tests.Hosting;

[Collection(SharedService.Name)]
public sealed class PageTests(Service service)
{
    [Fact]
    public async Task Root_IsThePage()
    {
        var response = await service.Http.GetAsync("/");
        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("no-cache", response.Headers.CacheControl?.ToString());
        Assert.NotNull(response.Headers.ETag);
    }

    [Fact]
    public async Task File_ThatHasNotChanged_IsNotSentAgain()
    {
        var first = await service.Http.GetAsync("/app.js");
        var again = new HttpRequestMessage(HttpMethod.Get, "/app.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await service.Http.SendAsync(again)).StatusCode);
    }

    [Theory]
    [InlineData("/../appsettings.json")]
    [InlineData("/%2e%2e/appsettings.json")]
    [InlineData("/appsettings.json")]
    public async Task File_OutsideThePage_IsNotServed(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await service.Http.GetAsync(path)).StatusCode);
}
