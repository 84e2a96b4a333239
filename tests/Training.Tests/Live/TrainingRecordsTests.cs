using System.Text;
using Diffusion.Testing;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Diffusion.Training.Tests.Live;

public sealed class TrainingRecordsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
    private readonly IHost host;

    public TrainingRecordsTests()
    {
        TinySet.Write(folder["data"]);
        var builder = new HostApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Training:Data"] = folder["data"],
            ["Training:State"] = folder["state"],
            ["Training:Models"] = folder["models"],
            ["Training:Threads"] = "1",
        });
        builder.Services.AddTraining();
        host = builder.Build();
    }

    private TrainingQueue Queue => host.Services.GetRequiredService<TrainingQueue>();

    private TrainingRecords Records => host.Services.GetRequiredService<TrainingRecords>();

    public void Dispose()
    {
        host.Dispose();
        patience.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Watch_FromBeforeTheStart_TellsTheWholeStoryInOrder()
    {
        var job = Submit(steps: 40, """ "every": { "log": 4, "sample": 16 }, "sampling": { "sampler": "ddim", "steps": 2 }, """);
        var watching = AllAsync(job.Id, WatchCursor.From(0));
        await host.StartAsync(patience.Token);
        var events = await watching;
        await host.StopAsync(patience.Token);

        Assert.Equal(["Queued", "Started", "Published", "Succeeded"], events.OfType<StateEvent>().Select(e => e.Kind.ToString()));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => 4 * i), events.OfType<MetricsEvent>().Select(e => e.Step));
        Assert.Equal([16, 32], events.OfType<SamplesEvent>().Select(e => e.Step));
        Assert.All(events.OfType<MetricsEvent>(), e => Assert.Equal(e.Step, e.Values.GetProperty("step").GetInt32()));
        Assert.IsType<StateEvent>(events[^1]);
        Assert.Equal((4L, 40, 32), (events[^1].Seen.Sequence, events[^1].Seen.Step, events[^1].Seen.Samples));

        // who was cut off after any of them, and comes back with what he has seen, gets the rest
        for (var had = 0; had < events.Count; had++)
        {
            var rest = await AllAsync(job.Id, WatchCursor.Parse(events[had].Seen.ToString())!.Value);
            Assert.Equal(events.Skip(had + 1).OfType<MetricsEvent>().Select(e => e.Step), rest.OfType<MetricsEvent>().Select(e => e.Step));
            Assert.Equal(events.Skip(had + 1).OfType<SamplesEvent>().Select(e => e.Step), rest.OfType<SamplesEvent>().Select(e => e.Step));
            Assert.Equal("Succeeded", rest.OfType<StateEvent>().Last().Kind.ToString());
        }
    }

    [Fact]
    public async Task Watch_ByOneWhoDoesNotRead_HoldsNothingUpAndLosesNothing()
    {
        var job = Submit(steps: 300, """ "every": { "log": 1 }, """);
        await using var stalled = Records.WatchAsync(job.Id, WatchCursor.From(0), patience.Token).GetAsyncEnumerator(patience.Token);
        Assert.True(await stalled.MoveNextAsync());
        await host.StartAsync(patience.Token);
        await AllAsync(job.Id, WatchCursor.From(0));
        Assert.Equal(QueuedJobState.Succeeded, Queue.Find(job.Id)!.State);
        // it ended while he took nothing; now he takes all of it
        var steps = new List<int>();
        while (await stalled.MoveNextAsync())
            if (stalled.Current is MetricsEvent line) steps.Add(line.Step);
        Assert.Equal(Enumerable.Range(1, 300), steps);
    }

    [Fact]
    public async Task Watch_OfAJobThatDoesNotEnd_EndsWithTheService()
    {
        var job = Submit(steps: 1_000_000, """ "every": { "log": 1 }, """);
        var metrics = Task.Run(async () => await Records.MetricsAsync(job, 0, 1, follow: true, patience.Token).CountAsync(patience.Token));
        var watching = AllAsync(job.Id, WatchCursor.From(0));
        await host.StartAsync(patience.Token);
        while (host.Services.GetRequiredService<TrainingRuns>().Progress(job.Id) is null) await Task.Yield();
        await host.StopAsync(patience.Token);
        Assert.IsNotType<StateEvent>((await watching)[^1]);
        Assert.True(await metrics > 0);
    }

    [Fact]
    public async Task Metrics_OfACancelledJob_FollowToItsLastLine()
    {
        var job = Submit(steps: 1_000_000, """ "every": { "log": 1 }, """);
        await host.StartAsync(patience.Token);
        var last = 0;
        await foreach (var lines in Records.MetricsAsync(job, 5, 1, follow: true, patience.Token))
        {
            if (last == 0) Assert.Equal(5, lines[0].Step);
            if (last == 0) Queue.Cancel(job.Id);
            last = lines[^1].Step;
        }
        await host.StopAsync(patience.Token);
        Assert.Equal(Queue.Find(job.Id)!.Step, last);
    }

    private QueuedJob Submit(int steps, string more) => Queue.Submit(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm, more, steps)));

    private Task<List<TrainingEvent>> AllAsync(string id, WatchCursor seen) => Task.Run(async () =>
    {
        var events = new List<TrainingEvent>();
        await foreach (var happened in Records.WatchAsync(id, seen, patience.Token)) events.Add(happened);
        return events;
    });
}
