using System.Globalization;
using System.Text;
using System.Text.Json;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Runs;

/// <summary>No place is left in the queue.</summary>
public sealed class TrainingQueueFullException : Exception
{
    internal TrainingQueueFullException(int length) : base($"{length} training jobs are waiting; try again when one has started.") { }
}

/// <summary>Training jobs that survive a restart: one JSON file a job, replaced as a whole at every change of state.</summary>
public sealed class TrainingQueue
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock changing = new();
    private readonly SortedDictionary<string, QueuedJob> jobs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim arrived = new(0);
    private readonly string folder;
    private readonly int length;
    private readonly TimeProvider time;
    private CancellationTokenSource? running;

    /// <summary>Opens the queue in the state folder; a job that was running counts as waiting again.</summary>
    public TrainingQueue(IOptions<TrainingOptions> options, TimeProvider time)
    {
        (folder, length, this.time) = (Path.Combine(options.Value.State, "queue"), options.Value.QueueLength, time);
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder, "*.json"))
        {
            var job = JsonSerializer.Deserialize<QueuedJob>(File.ReadAllBytes(path), Json) ?? throw new InvalidDataException($"{path} is empty.");
            jobs[job.Id] = job;
            if (!job.IsOver) arrived.Release();
        }
    }

    /// <summary>Every job, in the order they came.</summary>
    public IReadOnlyList<QueuedJob> Jobs
    {
        get
        {
            lock (changing) return [.. jobs.Values];
        }
    }

    /// <summary>The job of that id, or null.</summary>
    public QueuedJob? Find(string id)
    {
        lock (changing) return jobs.GetValueOrDefault(id);
    }

    /// <summary>Adds a job file to the end of the queue.</summary>
    /// <exception cref="TrainingJobException">The job is wrong; every field is named.</exception>
    /// <exception cref="TrainingQueueFullException">Too many jobs wait.</exception>
    public QueuedJob Submit(string job)
    {
        var name = TrainingJobReader.Read(Encoding.UTF8.GetBytes(job)).Name;
        lock (changing)
        {
            if (jobs.Values.Count(j => j.State == QueuedJobState.Queued) >= length) throw new TrainingQueueFullException(length);
            var next = jobs.Count == 0 ? 1 : int.Parse(jobs.Keys.Last(), CultureInfo.InvariantCulture) + 1;
            var queued = new QueuedJob(next.ToString("D6", CultureInfo.InvariantCulture), name, QueuedJobState.Queued, time.GetUtcNow(), job);
            Keep(queued);
            arrived.Release();
            return queued;
        }
    }

    /// <summary>Takes a waiting job back, or stops the running one after its step.</summary>
    /// <returns>False if it is unknown or already over.</returns>
    public bool Cancel(string id)
    {
        lock (changing)
        {
            if (!jobs.TryGetValue(id, out var job) || job.IsOver) return false;
            Keep(job with { State = QueuedJobState.Cancelled, Ended = time.GetUtcNow() });
            if (job.State == QueuedJobState.Running) running?.Cancel();
            return true;
        }
    }

    /// <summary>Waits for a job and marks it as running. A job that a stopped service left running comes first.</summary>
    /// <returns>The job, and a token that is set when it is cancelled or <paramref name="stop"/> is.</returns>
    internal async Task<(QueuedJob Job, CancellationToken Cancelled)> TakeAsync(CancellationToken stop)
    {
        while (true)
        {
            await arrived.WaitAsync(stop);
            lock (changing)
            {
                var next = jobs.Values.Where(j => !j.IsOver).OrderByDescending(j => j.State == QueuedJobState.Running).FirstOrDefault();
                // the permit of a job that was cancelled while it waited
                if (next is null) continue;
                next = next with { State = QueuedJobState.Running };
                Keep(next);
                running?.Dispose();
                running = CancellationTokenSource.CreateLinkedTokenSource(stop);
                return (next, running.Token);
            }
        }
    }

    /// <summary>Settles a job, unless it was cancelled meanwhile.</summary>
    internal void Finish(string id, QueuedJobState state, int? version = null, string? error = null)
    {
        lock (changing)
        {
            if (jobs.TryGetValue(id, out var job) && !job.IsOver)
                Keep(job with { State = state, Ended = time.GetUtcNow(), Version = version, Error = error });
        }
    }

    private void Keep(QueuedJob job)
    {
        DurableFile.Write(Path.Combine(folder, $"{job.Id}.json"), JsonSerializer.SerializeToUtf8Bytes(job, Json));
        jobs[job.Id] = job;
    }
}
