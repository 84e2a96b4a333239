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
        TinySet.Write(folder["elsewhere"]);
        Directory.Move(Path.Combine(folder["elsewhere"], TinySet.Name), Path.Combine(folder["data"], "absent"));
        var missing = queue.Submit(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"data\": \"tiny\"", "\"data\": \"absent\"", StringComparison.Ordinal).Replace("tiny-run", "other-run", StringComparison.Ordinal));
        Directory.Delete(Path.Combine(folder["data"], "absent"), recursive: true);
        var good = queue.Submit(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Dddm)));
        await host.StartAsync();
        await Until(() => queue.Find(good.Id)!.IsOver);
        await host.StopAsync();

        Assert.Equal(QueuedJobState.Failed, queue.Find(missing.Id)!.State);
        Assert.Contains("import", queue.Find(missing.Id)!.Error, StringComparison.Ordinal);
        Assert.Equal((QueuedJobState.Succeeded, 1), (queue.Find(good.Id)!.State, queue.Find(good.Id)!.Version));
        Assert.NotNull(new CheckpointStore(folder["models"], TimeProvider.System).NewestValid("tiny-model"));
    }

    /// <summary>A chain has a student for each round, and its teacher is kept until it is over.</summary>
    [Fact]
    public async Task Service_DistilsAChainAndTrainsForConsistency()
    {
        static string Named(string job, string name) => job.Replace("tiny-run", $"{name}-run", StringComparison.Ordinal).Replace("tiny-model", name, StringComparison.Ordinal);
        static string File(string objective, int steps) => Encoding.UTF8.GetString(TinyJob.File(objective, """ "every": { "sample": 3, "validate": 3 }, """, steps: steps));
        using var host = Host();
        var (queue, options) = (host.Services.GetRequiredService<TrainingQueue>(), host.Services.GetRequiredService<IOptions<TrainingOptions>>().Value);
        var teacher = queue.Submit(Named(File(""" "kind": "ddpm", "prediction": "v" """, 3), "teacher"));
        var chain = queue.Submit(Named(File(""" "kind": "progressive", "teacher": { "model": "teacher", "version": 1 }, "from": 4 """, 3), "students"));
        var consistent = queue.Submit(Named(File(TinyJob.ConsistencyTrained, 6), "consistent"));
        Assert.Contains(("teacher", 1, $"job {chain.Id} needs it"), NeededVersions.Of(queue, options));
        await host.StartAsync();
        await Until(() => new[] { teacher, chain, consistent }.All(j => queue.Find(j.Id)!.IsOver));
        await host.StopAsync();

        Assert.Equal([(3, 1), (6, 2)], queue.Find(chain.Id)!.Versions.Select(v => (v.Step, v.Version)));
        Assert.Equal((QueuedJobState.Succeeded, "progressive", 6), (queue.Find(chain.Id)!.State, queue.Find(chain.Id)!.Objective, queue.Find(chain.Id)!.Steps));
        Assert.Equal((QueuedJobState.Succeeded, "consistency", 1), (queue.Find(consistent.Id)!.State, queue.Find(consistent.Id)!.Objective, queue.Find(consistent.Id)!.Version));
        var usual = new CheckpointStore(folder["models"], TimeProvider.System).Find("consistent")!.Manifest.Sampling!;
        Assert.Equal(("consistency", 2), (usual.Sampler, usual.Steps));
        Assert.Empty(NeededVersions.Of(queue, options));
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
            await Until(() => first.Services.GetRequiredService<TrainingRuns>().Progress(id) is { Step: > 5 });
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
    public async Task Orders_ToARunningJob_AreDoneBetweenStepsAndChangeNoBit()
    {
        var text = Encoding.UTF8.GetString(TinyJob.File(TinyJob.Dddm, """ "every": { "log": 1, "checkpoint": 100000 }, """, steps: 400)).Replace("tiny-model", "asked", StringComparison.Ordinal);
        var undisturbed = text.Replace("tiny-run", "calm-run", StringComparison.Ordinal).Replace("asked", "calm", StringComparison.Ordinal);
        using var host = Host();
        var (queue, runs) = (host.Services.GetRequiredService<TrainingQueue>(), host.Services.GetRequiredService<TrainingRuns>());
        var job = queue.Submit(text);
        await Assert.ThrowsAsync<TrainingConflictException>(() => runs.CheckpointAsync(job, publish: false, CancellationToken.None));
        await host.StartAsync();
        await Until(() => runs.Progress(job.Id) is not null);
        var running = queue.Find(job.Id)!;
        using (var limit = new CancellationTokenSource(Limit))
        {
            var saved = await runs.CheckpointAsync(running, publish: false, limit.Token);
            Assert.Null(saved.Version);
            Assert.Equal(saved.Step, runs.ResumePointOf(running)!.Step);
            var published = await runs.CheckpointAsync(running, publish: true, limit.Token);
            Assert.Equal(1, published.Version);
            Assert.Equal(new[] { (published.Step, 1) }, queue.Find(job.Id)!.Versions.Select(v => (v.Step, v.Version)));
            var step = await runs.SampleAsync(running, limit.Token);
            Assert.True(File.Exists(Path.Combine(folder["state"], "runs", "tiny-run", "samples", $"{step:D8}.png")));
        }
        var calm = queue.Submit(undisturbed);
        await Until(() => queue.Find(calm.Id)!.IsOver);
        await host.StopAsync();
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        Assert.Equal((2, 2), (queue.Find(job.Id)!.Version, queue.Find(job.Id)!.Versions.Count));
        Assert.Equal(store.Find("calm")!.Manifest.Files["model.safetensors"], store.Find("asked", "2")!.Manifest.Files["model.safetensors"]);
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
