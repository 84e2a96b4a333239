using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Live;

/// <summary>
/// What a job's run leaves behind as it goes on. Whoever watches reads it from where it is kept, at his own pace, and is only
/// told that there is more: the run never waits for him, and nothing is kept for him.
/// </summary>
public sealed class TrainingRecords
{
    private readonly TrainingQueue queue;
    private readonly JobNews news;
    private readonly TrainingOptions options;
    private readonly CancellationToken stopping;
    private readonly TimeProvider time;

    internal TrainingRecords(TrainingQueue queue, JobNews news, IOptions<TrainingOptions> options, IHostApplicationLifetime host, TimeProvider time) =>
        (this.queue, this.news, this.options, stopping, this.time) = (queue, news, options.Value, host.ApplicationStopping, time);

    /// <summary>The metric lines, some at a time.</summary>
    /// <param name="job">Whose.</param>
    /// <param name="fromStep">The first step wanted.</param>
    /// <param name="apart">Steps between two lines at least; lines with a validation loss come in any case.</param>
    /// <param name="follow">Whether to wait for new ones until the job is over, or the service stops.</param>
    /// <param name="cancellation">The reader leaves.</param>
    public async IAsyncEnumerable<IReadOnlyList<MetricsLine>> MetricsAsync(QueuedJob job, int fromStep, int apart, bool follow, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        using var signal = news.Watch(job.Id);
        var reader = new MetricsReader(Files(job).Metrics, fromStep, apart);
        do
        {
            // first whether it is over: what is logged before that is read after it
            var isOver = Find(job.Id).IsOver;
            while (reader.Read() is { Count: > 0 } lines)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return lines;
            }
            if (!follow || isOver) yield break;
        }
        while (await signal.NextAsync(stopping, cancellation));
    }

    /// <summary>The grids of samples, by step.</summary>
    public IReadOnlyList<SampleGrid> Samples(QueuedJob job) => new SampleGrids(Files(job), time).All();

    /// <summary>The grid of a step as a PNG file, or null.</summary>
    public byte[]? Sample(QueuedJob job, int step) => new SampleGrids(Files(job), time).Read(step);

    /// <summary>The learning strip as a PNG file: a row for each seed, a column for each of some grids; null if there are none.</summary>
    public byte[]? Strip(QueuedJob job, int columns, int rows)
    {
        ArgumentNullException.ThrowIfNull(job);
        return TrainingJobReader.Read(Encoding.UTF8.GetBytes(job.Job)) is DenoiserJob { Network: { } network } ? new SampleGrids(Files(job), time).Strip(network.ImageSize, network.Channels, columns, rows) : null;
    }

    /// <summary>All that happens to a job until it is over, or the service stops.</summary>
    /// <param name="id">The job.</param>
    /// <param name="seen">What the watcher has had already.</param>
    /// <param name="cancellation">The watcher leaves.</param>
    public async IAsyncEnumerable<TrainingEvent> WatchAsync(string id, WatchCursor seen, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var signal = news.Watch(id);
        var files = Files(Find(id).Job);
        var metrics = new MetricsReader(files.Metrics, seen.Step + 1);
        var grids = new SampleGrids(files, time);
        do
        {
            var (job, isOver) = Find(id);
            foreach (var happened in job.Events.Where(e => e.Sequence > seen.Sequence && !e.IsFinal))
            {
                seen = seen with { Sequence = happened.Sequence };
                yield return Of(id, happened, seen);
            }
            while (metrics.Read() is { Count: > 0 } lines)
                foreach (var line in lines)
                {
                    cancellation.ThrowIfCancellationRequested();
                    seen = seen with { Step = line.Step };
                    yield return new MetricsEvent(id, line.Step, Parse(line.Text)) { Seen = seen };
                }
            foreach (var grid in isOver || grids.MayHaveChanged() ? grids.All() : [])
            {
                if (grid.Step <= seen.Samples) continue;
                seen = seen with { Samples = grid.Step };
                yield return new SamplesEvent(id, grid.Step) { Seen = seen };
            }
            if (!isOver) continue;
            if (job.Events is [.., { IsFinal: true } final]) yield return Of(id, final, seen with { Sequence = final.Sequence });
            yield break;
        }
        while (await signal.NextAsync(stopping, cancellation));
    }

    /// <summary>The job, and whether it is over and its run has ended too.</summary>
    private (QueuedJob Job, bool IsOver) Find(string id)
    {
        // in this order: a job that is over does not become active any more
        var job = queue.Find(id) ?? throw new InvalidOperationException($"There is no training job '{id}'.");
        return (job, job.IsOver && queue.Active?.Id != id);
    }

    private RunFiles Files(QueuedJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return new RunFiles(RunFiles.PathOf(options, job.Name));
    }

    private static StateEvent Of(string id, JobEvent happened, WatchCursor seen) =>
        new(id, happened.Sequence, happened.Kind, happened.At, happened.Step, happened.Version, happened.Detail) { Seen = seen };

    private static JsonElement Parse(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
