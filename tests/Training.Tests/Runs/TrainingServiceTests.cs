using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Tests.Runs;

public sealed class TrainingServiceTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();

    public TrainingServiceTests() => TinySet.Write(folder["data"]);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Service_TrainsQueuedJobs_AndAFailureDoesNotStopIt()
    {
        using var host = Host();
        var queue = host.Services.GetRequiredService<TrainingQueue>();
        var missing = queue.Submit(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"data\": \"tiny\"", "\"data\": \"absent\"", StringComparison.Ordinal));
        var good = queue.Submit(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Dddm)));
        await host.StartAsync();
        await Until(() => queue.Find(good.Id)!.IsOver);
        await host.StopAsync();

        Assert.Equal(QueuedJobState.Failed, queue.Find(missing.Id)!.State);
        Assert.Contains("import", queue.Find(missing.Id)!.Error, StringComparison.Ordinal);
        Assert.Equal((QueuedJobState.Succeeded, 1), (queue.Find(good.Id)!.State, queue.Find(good.Id)!.Version));
        Assert.NotNull(new CheckpointStore(folder["models"], TimeProvider.System).NewestValid("tiny-model"));
    }

    [Fact]
    public async Task Service_StoppedInTheMiddle_GoesOnAtTheNextStart()
    {
        var job = Encoding.UTF8.GetString(TinyJob.File(TinyJob.Dddm, """ "every": { "log": 1, "checkpoint": 100000 }, """, steps: 150));
        string id;
        using (var first = Host())
        {
            var queue = first.Services.GetRequiredService<TrainingQueue>();
            id = queue.Submit(job).Id;
            await first.StartAsync();
            await Until(() => first.Services.GetServices<IHostedService>().OfType<TrainingService>().Single().Progress is { Step: > 5 });
            await first.StopAsync();
            Assert.Equal(QueuedJobState.Running, queue.Find(id)!.State);
        }
        Assert.True(File.Exists(Path.Combine(folder["state"], "runs", "tiny-run", "state.safetensors")));
        using var second = Host();
        await second.StartAsync();
        await Until(() => second.Services.GetRequiredService<TrainingQueue>().Find(id)!.IsOver);
        await second.StopAsync();
        Assert.Equal(QueuedJobState.Succeeded, second.Services.GetRequiredService<TrainingQueue>().Find(id)!.State);
        var steps = File.ReadLines(Path.Combine(folder["state"], "runs", "tiny-run", "metrics.ndjson")).Count();
        Assert.Equal(150, steps);
    }

    [Fact]
    public async Task AddTraining_WrongOptions_AreRefusedAtStart()
    {
        using var host = Host(("Training:Threads", "-1"));
        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }

    private IHost Host(params (string Key, string Value)[] more)
    {
        var builder = new HostApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Training:Data"] = folder["data"],
            ["Training:State"] = folder["state"],
            ["Training:Models"] = folder["models"],
            ["Training:Threads"] = "1",
        });
        builder.Configuration.AddInMemoryCollection(more.ToDictionary(m => m.Key, m => (string?)m.Value));
        builder.Services.AddTraining();
        return builder.Build();
    }

    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!holds()) await timer.WaitForNextTickAsync(limit.Token);
    }
}
