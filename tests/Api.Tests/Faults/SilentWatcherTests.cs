using Diffusion.Api.Tests.Endpoints;
using Diffusion.Api.Tests.Hubs;
using Diffusion.Testing;
using Diffusion.Training.Tests;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Faults;

/// <summary>Watchers of a training job that never read, over real connections.</summary>
public sealed class SilentWatcherTests(ITestOutputHelper output) : IDisposable
{
    private const int Steps = 1200, Watchers = 10;

    private readonly TemporaryFolder folder = new();
    private readonly CancellationTokenSource patience = new(TimeSpan.FromMinutes(5));

    public void Dispose()
    {
        folder.Dispose();
        patience.Dispose();
    }

    [Fact]
    public async Task Watchers_ThatNeverRead_SlowNoTrainingAndTakeNoMemory()
    {
        TinySet.Write(folder["data"]);
        using var service = await ServiceProcess.StartAsync(folder);
        var alone = await RateAsync(service, "alone", watchers: 0);
        var before = service.Memory;
        var watched = await RateAsync(service, "watched", Watchers);
        var grown = service.Memory - before;
        output.WriteLine($"{Steps} steps, each a line: {alone:F0} images/s alone, {watched:F0} with {3 * Watchers} watchers that never read; memory {grown / 1e6:F0} MB more");
        Assert.InRange(grown, long.MinValue, 128L << 20);
        Assert.True(watched > alone / 3, $"{alone} -> {watched} images/s");
    }

    private async Task<double> RateAsync(ServiceProcess service, string name, int watchers)
    {
        var id = await service.Http.SubmitAsync(TrainingJobs.File(name, Steps).Replace("\"log\": 5", "\"log\": 1", StringComparison.Ordinal));
        var (hubs, answers) = (new List<HubClient>(), new List<HttpResponseMessage>());
        for (var i = 0; i < watchers; i++)
        {
            var hub = await HubClient.ConnectAsync(service.Http.BaseAddress!, patience.Token, "training");
            await hub.StartAsync("WatchTraining", patience.Token, id, 0);
            hubs.Add(hub);
            foreach (var path in new[] { "events", "metrics?follow=true" })
                answers.Add(await service.Http.GetAsync($"{TrainingJobs.Path}/{id}/{path}", HttpCompletionOption.ResponseHeadersRead, patience.Token));
        }
        await service.Http.UntilJobAsync(id, j => j.State() == "succeeded");
        foreach (var hub in hubs)
        {
            hub.Abort();
            await hub.DisposeAsync();
        }
        foreach (var answer in answers) answer.Dispose();
        var last = (await service.Http.GetStringAsync($"{TrainingJobs.Path}/{id}/metrics?fromStep={Steps}", patience.Token)).Trim();
        return System.Text.Json.JsonDocument.Parse(last).RootElement.GetProperty("imagesPerSecond").GetDouble();
    }
}
