using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;
using Diffusion.Training.Live;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Runs;

/// <summary>
/// Training jobs that survive a restart: one JSON file a job, replaced as a whole at every change of state. One job at
/// a time is trained: the one of the highest priority, among equals the one that came first.
/// </summary>
public sealed class TrainingQueue
{
    /// <summary>Priorities reach from minus this to this.</summary>
    public const int MostPriority = 100;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock changing = new();
    private readonly SortedDictionary<string, QueuedJob> jobs = new(StringComparer.Ordinal);
    private readonly Channel<bool> arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly JobAdmission admission;
    private readonly JobNews news;
    private readonly string folder;
    private readonly int length;
    private readonly TimeProvider time;

    /// <summary>Opens the queue in the state folder; a job that was running goes on first.</summary>
    internal TrainingQueue(IOptions<TrainingOptions> options, JobNews news, TimeProvider time)
    {
        (folder, length, this.news, this.time) = (Path.Combine(options.Value.State, "queue"), options.Value.QueueLength, news, time);
        admission = new JobAdmission(options.Value);
        foreach (var job in RecordFolder.Open<QueuedJob>(folder, Json)) jobs[job.Id] = job;
    }

    /// <summary>Every job, in the order they came.</summary>
    public IReadOnlyList<QueuedJob> Jobs
    {
        get
        {
            lock (changing) return [.. jobs.Values];
        }
    }

    /// <summary>
    /// Called when a job has published a version, before anybody hears of it from here: whoever serves versions may look first.
    /// It must not throw.
    /// </summary>
    public Action? Published { get; set; }

    /// <summary>The job that is being trained, or null.</summary>
    internal ActiveRun? Active { get; private set; }

    /// <summary>The job of that id, or null.</summary>
    public QueuedJob? Find(string id)
    {
        lock (changing) return jobs.GetValueOrDefault(id);
    }

    /// <summary>How many waiting jobs go before this one; null for one that does not wait.</summary>
    public int? Ahead(string id)
    {
        lock (changing)
        {
            var place = Waiting().TakeWhile(j => j.Id != id).Count();
            return jobs.GetValueOrDefault(id)?.State == QueuedJobState.Queued ? place : null;
        }
    }

    /// <summary>Adds a job file to the queue.</summary>
    /// <param name="job">The job file.</param>
    /// <param name="priority">The highest goes first.</param>
    /// <exception cref="TrainingJobException">The job is wrong, or does not fit its image set; every field is named.</exception>
    /// <exception cref="TrainingQueueFullException">Too many jobs wait.</exception>
    /// <exception cref="TrainingRecordException">It cannot be written.</exception>
    public QueuedJob Submit(string job, int priority = 0)
    {
        var bytes = Encoding.UTF8.GetBytes(job);
        var read = TrainingJobReader.Read(bytes);
        lock (changing)
        {
            var admitted = admission.Admit(read, bytes, jobs.Values.FirstOrDefault(j => !j.IsOver && j.Name == read.Name));
            if (jobs.Values.Count(j => j.State == QueuedJobState.Queued) >= length) throw new TrainingQueueFullException(length);
            var next = jobs.Count == 0 ? 1 : int.Parse(jobs.Keys.Last(), CultureInfo.InvariantCulture) + 1;
            var queued = new QueuedJob(next.ToString("D6", CultureInfo.InvariantCulture), read.Name, QueuedJobState.Queued, time.GetUtcNow(), job)
            {
                Model = read.Model,
                Objective = admitted.Objective,
                MemoryBytes = admitted.MemoryBytes,
                Priority = priority,
            };
            return Keep(queued.With(JobEventKind.Queued, time.GetUtcNow()));
        }
    }

    /// <summary>Adds another job's file with changes to the queue. Without a name among them it gets one that is free.</summary>
    /// <param name="id">The other job.</param>
    /// <param name="patch">The changes, as a JSON merge patch (RFC 7396).</param>
    /// <param name="priority">Null for that of the other job.</param>
    /// <returns>The new job, or null if the other one is unknown.</returns>
    /// <inheritdoc cref="Submit"/>
    public QueuedJob? Clone(string id, JsonElement? patch, int? priority)
    {
        lock (changing)
        {
            if (!jobs.TryGetValue(id, out var from)) return null;
            return Submit(JobPatch.Apply(from.Job, patch, admission.FreeName(from.Name, jobs.Values.Select(j => j.Name))), priority ?? from.Priority);
        }
    }

    /// <summary>Stops a running job after its step, saved, or holds a waiting one back.</summary>
    /// <returns>The job, or null if it is unknown.</returns>
    /// <exception cref="TrainingConflictException">It is paused or over.</exception>
    public QueuedJob? Pause(string id) => Change(id, QueuedJobState.Paused, JobEventKind.Paused, j => j.State is QueuedJobState.Queued or QueuedJobState.Running, " already; only a waiting or running job can be paused");

    /// <summary>Puts a paused job back into the queue.</summary>
    /// <returns>The job, or null if it is unknown.</returns>
    /// <exception cref="TrainingConflictException">It is not paused.</exception>
    public QueuedJob? Resume(string id) => Change(id, QueuedJobState.Queued, JobEventKind.Queued, j => j.State == QueuedJobState.Paused, "; only a paused job can be resumed");

    /// <summary>Takes a waiting job back, or stops the running one after its step.</summary>
    /// <returns>The job, or null if it is unknown.</returns>
    /// <exception cref="TrainingConflictException">It is over.</exception>
    public QueuedJob? Cancel(string id) => Change(id, QueuedJobState.Cancelled, JobEventKind.Cancelled, j => !j.IsOver, " already");

    /// <summary>Moves a job in the queue. One that runs goes on.</summary>
    /// <returns>The job, or null if it is unknown.</returns>
    /// <exception cref="TrainingConflictException">It is over.</exception>
    public QueuedJob? Prefer(string id, int priority)
    {
        lock (changing)
        {
            if (!jobs.TryGetValue(id, out var job)) return null;
            return job.IsOver ? throw new TrainingConflictException(job, " already") : Keep(job with { Priority = priority });
        }
    }

    /// <summary>Ids of the jobs that are not over and train on an image set.</summary>
    internal IReadOnlyList<string> UsersOf(string set)
    {
        lock (changing) return [.. Users(set)];
    }

    /// <summary>Does something to an image set while no job can come that trains on it.</summary>
    /// <exception cref="TrainingConflictException">There is such a job.</exception>
    internal T WhileUnused<T>(string set, Func<T> act)
    {
        lock (changing)
        {
            var users = Users(set).ToArray();
            return users.Length == 0 ? act()
                : throw new TrainingConflictException($"Image set '{set}' is in use by training job{(users.Length == 1 ? "" : "s")} {string.Join(", ", users)}; cancel {(users.Length == 1 ? "it" : "them")} or wait for the end.");
        }
    }

    /// <summary>Waits for a job and marks it as running. A job that a stopped service left running comes first.</summary>
    internal async Task<ActiveRun> TakeAsync(CancellationToken stop)
    {
        while (true)
        {
            lock (changing)
            {
                stop.ThrowIfCancellationRequested();
                if ((jobs.Values.FirstOrDefault(j => j.State == QueuedJobState.Running) ?? Waiting().FirstOrDefault()) is { } next)
                {
                    Keep(next with { State = QueuedJobState.Running, Started = next.Started ?? time.GetUtcNow() });
                    return Active = new ActiveRun(next.Id, stop);
                }
            }
            await arrived.Reader.ReadAsync(stop);
        }
    }

    /// <summary>Takes down what a run tells of itself.</summary>
    internal void Note(string id, RunNews told)
    {
        if (told.Moment == RunMoment.Published) Published?.Invoke();
        lock (changing)
        {
            if (!jobs.TryGetValue(id, out var job)) return;
            if (told.Moment == RunMoment.Began) Keep((job with { Step = told.Step, Steps = told.Steps }).With(JobEventKind.Started, time.GetUtcNow(), told.Step));
            else if (told is { Moment: RunMoment.Published, Version: { } version } && job.Versions.All(v => v.Version != version))
                Keep((job with { Version = version, Versions = [.. job.Versions, new PublishedVersion(told.Step, version, time.GetUtcNow())] })
                    .With(JobEventKind.Published, time.GetUtcNow(), told.Step, version));
        }
        news.Tell(id);
    }

    /// <summary>The run of a job has stopped before its end: it was told to, or the service stops.</summary>
    internal void Stopped(ActiveRun run, int step)
    {
        lock (changing)
        {
            if (Active == run) Active = null;
            if (jobs.TryGetValue(run.Id, out var job)) Keep(job with { Step = step });
        }
    }

    /// <summary>Settles a job whose run has ended, unless it was cancelled meanwhile.</summary>
    internal void Finish(ActiveRun run, QueuedJobState state, int? step = null, string? error = null)
    {
        lock (changing)
        {
            if (Active == run) Active = null;
            if (!jobs.TryGetValue(run.Id, out var job)) return;
            job = job with { Step = step ?? job.Step };
            Keep(job.IsOver ? job : (job with { State = state, Ended = time.GetUtcNow(), Error = error })
                .With(state == QueuedJobState.Succeeded ? JobEventKind.Succeeded : JobEventKind.Failed, time.GetUtcNow(), job.Step, detail: error));
        }
    }

    // a job that was cancelled is worked on to the end of its step
    private IEnumerable<string> Users(string set) => jobs.Values.Where(j => (!j.IsOver || Active?.Id == j.Id) && TrainingJobReader.Read(Encoding.UTF8.GetBytes(j.Job)).Data == set).Select(j => j.Id);

    private IEnumerable<QueuedJob> Waiting() => jobs.Values.Where(j => j.State == QueuedJobState.Queued).OrderByDescending(j => j.Priority);

    private QueuedJob? Change(string id, QueuedJobState to, JobEventKind kind, Func<QueuedJob, bool> allows, string refusal)
    {
        lock (changing)
        {
            if (!jobs.TryGetValue(id, out var job)) return null;
            if (!allows(job)) throw new TrainingConflictException(job, refusal);
            var changed = job with { State = to };
            if (changed.IsOver) changed = changed with { Ended = time.GetUtcNow() };
            changed = Keep(changed.With(kind, time.GetUtcNow(), job.Step));
            if (job.State == QueuedJobState.Running) Active?.End();
            return changed;
        }
    }

    private QueuedJob Keep(QueuedJob job)
    {
        try
        {
            DurableFile.Write(Path.Combine(folder, $"{job.Id}.json"), JsonSerializer.SerializeToUtf8Bytes(job, Json));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TrainingRecordException(failure);
        }
        jobs[job.Id] = job;
        arrived.Writer.TryWrite(true);
        news.Tell(job.Id);
        return job;
    }
}
