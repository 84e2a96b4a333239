using System.Net;
using Diffusion.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Diffusion.Api.Tests.Endpoints;

public sealed class NotReadyTests
{
    [Fact]
    public async Task Health_WithoutTheDefaultModels_IsLiveAndNotReady()
    {
        using var empty = new TemporaryFolder();
        await using var service = new WebApplicationFactory<Program>().WithWebHostBuilder(b => b.UseSetting("Inference:ModelsPath", empty.Path).UseSetting("Store:Path", empty["generations"]));
        using var http = service.CreateClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz/live")).StatusCode);
        var ready = await http.GetAsync("/healthz/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("digits-ddpm", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var generate = await http.PostAsync("/generate", null);
        Assert.Equal(HttpStatusCode.NotFound, generate.StatusCode);
    }
}
