using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>The thread around the engine; only these tests have one.</summary>
public sealed class EngineThreadTests : IDisposable
{
    private readonly Rig rig = new(("DrainTimeout", "00:00:10"));

    private EngineThread Thread => rig.Services.GetRequiredService<EngineThread>();

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 5, Seed = 1, Count = 2 };

    [Fact]
    public async Task Start_RequestsAreServedWhileNobodyTicks()
    {
        await Thread.StartAsync(default);
        var generations = Enumerable.Range(0, 5).Select(_ => rig.Submit(Request)).ToArray();
        foreach (var generation in generations) await generation.Completion;
        await Thread.StopAsync(default);
        Assert.False(Thread.IsRunning);
    }

    [Fact]
    public async Task Stop_WithinTheLimit_FinishesWhatWasAccepted()
    {
        await Thread.StartAsync(default);
        var generation = rig.Submit(Request with { Sampler = "ddpm", Steps = 40 });
        await Thread.StopAsync(default);
        Assert.Equal(GenerationState.Succeeded, generation.State);
        Assert.Equal(RefusalReason.Draining, Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request)).Reason);
    }

    [Fact]
    public async Task Stop_PastTheLimit_CancelsTheRest()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var goOn = new ManualResetEventSlim();
        rig.Engine.BeforeForward = _ =>
        {
            running.TrySetResult();
            goOn.Wait();
        };
        await Thread.StartAsync(default);
        var generation = rig.Submit(Request);
        await running.Task;
        var stopping = Thread.StopAsync(default);
        rig.Clock.Advance(TimeSpan.FromSeconds(11));
        goOn.Set();
        await stopping;
        Assert.Equal((GenerationState.Canceled, true), (generation.State, generation.EndedByShutdown));
        Assert.Equal("draining", Rig.Failure(generation).Problem);
        var last = Assert.IsType<CanceledEvent>((await Watching.All(generation, FrameOptions.None))[^1]);
        Assert.Equal("stopping", last.Reason);
        Assert.Equal(0, rig.Service.Snapshot().RowsWaiting);
    }

    [Fact]
    public async Task Stopping_BeforeTheHostStopsAnything_ClosesTheDoorAndServesOn()
    {
        await Thread.StartAsync(default);
        var generation = rig.Submit(Request);
        await Thread.StoppingAsync(default);
        Assert.Equal(RefusalReason.Draining, Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request)).Reason);
        await generation.Completion;
        await Thread.StopAsync(default);
        Assert.False(generation.EndedByShutdown);
    }

    [Fact]
    public async Task Stop_OfACanceledRequest_IsNotTheServicesDoing()
    {
        var generation = rig.Submit(Request);
        generation.Cancel();
        await Thread.StartAsync(default);
        await Thread.StopAsync(default);
        Assert.Equal((GenerationState.Canceled, false), (generation.State, generation.EndedByShutdown));
    }

    [Fact]
    public void Host_WaitsLongerThanTheEngineDrains()
    {
        using var slow = new Rig(("DrainTimeout", "00:05:00"));
        Assert.True(slow.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout > TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Health_FollowsTheThreadAndTheDefaultModels()
    {
        Assert.Contains("thread", (await Health()).Description);
        await Thread.StartAsync(default);
        Assert.Contains(Rig.Labelled, (await Health()).Description);
        rig.Watcher.LoadWanted();
        Assert.Equal(HealthStatus.Healthy, (await Health()).Status);
        await Thread.StopAsync(default);
        Assert.Equal(HealthStatus.Unhealthy, (await Health()).Status);
    }

    public void Dispose() => rig.Dispose();

    private async Task<HealthReportEntry> Health() =>
        (await rig.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries[InferenceServices.HealthCheck];
}
