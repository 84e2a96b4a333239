using System.Net;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class OverloadTests(Service service)
{
    [Fact]
    public async Task Generate_WhenTheQueueIsFull_SaysWhenToTryAgain()
    {
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Inference:MaxQueuedGenerations", "1"));
        using var http = small.CreateClient();
        var generations = small.Services.GetRequiredService<GenerationService>();
        using var running = generations.Submit(new GenerationRequest { Model = Service.Long, Sampler = "ddpm", Steps = 1000, Count = 16 }).Bound();
        var refused = await http.PostAsync("/generate?steps=1", null);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "/problems/overloaded"), (refused.StatusCode, (await ProblemAnswer.ReadAsync(refused)).Type));
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
    }
}

/// <summary>Generations that end with the test.</summary>
internal static class BoundGenerations
{
    public static IDisposable Bound(this Generation generation) => new Canceling(generation);

    private sealed class Canceling(Generation generation) : IDisposable
    {
        public void Dispose() => generation.Cancel();
    }
}
