using System.Net;
using System.Text.Json;
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
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        Assert.Equal(1, problem.RootElement.GetProperty("queueDepth").GetInt32());
        Assert.True(problem.RootElement.GetProperty("predictedWaitMs").GetInt64() > 0);
    }

    [Fact]
    public async Task Generate_DeadlineThatCannotBePromised_SaysWhatCan()
    {
        var refused = await service.GenerateAsync($"model={Service.Long}&sampler=ddpm&steps=1000&n=16&deadlineMs=1");
        var answer = await ProblemAnswer.ReadAsync(refused);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "/problems/deadline-infeasible"), (refused.StatusCode, answer.Type));
        Assert.Equal(["deadlineMs"], answer.Errors!.Keys);
    }

    [Fact]
    public async Task Queue_ShowsEveryLaneWithItsCostAndItsClients()
    {
        await service.GenerateAsync("steps=2");
        // what tests before this one have cancelled is gone
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await (await service.Http.GetAsync("/v1/queue", patience.Token)).JsonAsync()).GetProperty("generations").GetInt32() > 0) await Task.Yield();
        var generations = service.Services.GetRequiredService<GenerationService>();
        using var running = generations.Submit(
            new GenerationRequest { Model = Service.Long, Sampler = "ddpm", Steps = 1000, Count = 16, Client = "bench", Class = RequestClass.Evaluation }).Bound();
        using var queue = JsonDocument.Parse(await service.Http.GetStringAsync("/v1/queue"));
        Assert.Equal("fair", queue.RootElement.GetProperty("policy").GetString());
        var lane = queue.RootElement.GetProperty("lanes").EnumerateArray().Single(l => l.GetProperty("model").GetString() == Service.Long);
        Assert.True(lane.GetProperty("predictedWaitMs").GetDouble() > 0);
        Assert.True(lane.GetProperty("cost").TryGetProperty("alphaMs", out _));
        Assert.Equal("evaluation", lane.GetProperty("classes")[0].GetProperty("priority").GetString());
        Assert.Equal("bench", lane.GetProperty("clients")[0].GetProperty("client").GetString());
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
