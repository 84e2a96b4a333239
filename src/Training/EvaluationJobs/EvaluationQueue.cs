using System.Text.Json;
using System.Threading.Channels;
using Diffusion.Training.Files;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>
/// Evaluations that survive a restart: one JSON file each, replaced as a whole at every change. One at a time is measured, the one
/// that came first.
/// </summary>
public sealed class EvaluationQueue
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock changing = new();
    private readonly SortedDictionary<string, EvaluationRecord> records = new(StringComparer.Ordinal);
    private readonly Channel<bool> arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly EvaluationReader reader;
    private readonly EvaluationOptions options;
    private readonly TimeProvider time;

    /// <summary>Opens the queue in the state folder; an evaluation that was running goes on first.</summary>
    internal EvaluationQueue(EvaluationReader reader, IOptions<TrainingOptions> training, IOptions<EvaluationOptions> options, TimeProvider time)
    {
        (this.reader, this.options, this.time) = (reader, options.Value, time);
        Folder = Path.Combine(training.Value.State, "evaluations");
        foreach (var record in RecordFolder.Open<EvaluationRecord>(Folder, Json)) records[record.Id] = record;
    }

    /// <summary>Every evaluation, in the order they came.</summary>
    public IReadOnlyList<EvaluationRecord> Records
    {
        get
        {
            lock (changing) return [.. records.Values];
        }
    }

    /// <summary>Where the records lie, and the pictures of the one that runs.</summary>
    internal string Folder { get; }

    /// <summary>The evaluation that is being measured, or null.</summary>
    internal ActiveEvaluation? Active { get; private set; }

    /// <summary>The evaluation of that id, or null.</summary>
    public EvaluationRecord? Find(string id)
    {
        lock (changing) return records.GetValueOrDefault(id);
    }

    /// <summary>Pictures of the point under way that are drawn; 0 if it is not being measured.</summary>
    public int Pictures(string id) => Active is { } active && active.Id == id ? active.Pictures : 0;

    /// <summary>Versions that evaluations which are not over measure, or are guided by.</summary>
    public IEnumerable<(string Model, int Version, string Reason)> Needed() => Records.Where(r => !r.IsOver).SelectMany(r => r.Points
        .Select(p => p.Steering.Classifier).OfType<GuidingVersion>().Select(c => (c.Model, c.Version, Reason: $"evaluation {r.Id} is guided by it")).Distinct()
        .Prepend((r.Plan.Model, r.Plan.Version, Reason: $"evaluation {r.Id} measures it")));

    /// <summary>Adds an evaluation.</summary>
    /// <param name="request">What is asked for; <c>docs/evaluation.md</c> has its fields.</param>
    /// <param name="limits">What the engine allows.</param>
    /// <exception cref="TrainingJobException">The request is wrong, or does not fit model or images; every field is named.</exception>
    /// <exception cref="EvaluationQueueFullException">Too many wait.</exception>
    /// <exception cref="TrainingRecordException">It cannot be written.</exception>
    public EvaluationRecord Submit(JsonElement request, EngineLimits limits)
    {
        var (plan, points) = reader.Read(request, limits);
        lock (changing)
        {
            if (records.Values.Count(r => r.State == EvaluationState.Queued) >= options.QueueLength) throw new EvaluationQueueFullException(options.QueueLength);
            var now = time.GetUtcNow();
            return Keep(new EvaluationRecord($"ev_{Guid.CreateVersion7(now):N}", EvaluationState.Queued, now, plan, points));
        }
    }

    /// <summary>Takes a waiting evaluation back, or stops the running one after the pictures under way.</summary>
    /// <returns>The evaluation, or null if it is unknown.</returns>
    /// <exception cref="EvaluationConflictException">It is over.</exception>
    public EvaluationRecord? Cancel(string id)
    {
        lock (changing)
        {
            if (!records.TryGetValue(id, out var record)) return null;
            if (record.IsOver) throw new EvaluationConflictException(record);
            var cancelled = Keep(record with { State = EvaluationState.Cancelled, Ended = time.GetUtcNow() });
            if (Active?.Id == id) Active.End();
            return cancelled;
        }
    }

    /// <summary>Waits for an evaluation and marks it as running. One that a stopped service left running comes first.</summary>
    internal async Task<ActiveEvaluation> TakeAsync(CancellationToken stop)
    {
        while (true)
        {
            lock (changing)
            {
                stop.ThrowIfCancellationRequested();
                if ((records.Values.FirstOrDefault(r => r.State == EvaluationState.Running) ?? records.Values.FirstOrDefault(r => r.State == EvaluationState.Queued)) is { } next)
                {
                    Keep(next with { State = EvaluationState.Running, Started = next.Started ?? time.GetUtcNow() });
                    return Active = new ActiveEvaluation(next.Id, stop);
                }
            }
            await arrived.Reader.ReadAsync(stop);
        }
    }

    /// <summary>Takes down what was measured of a point.</summary>
    internal EvaluationRecord Note(string id, int point, IReadOnlyDictionary<string, double> metrics, IReadOnlyDictionary<string, string> settings)
    {
        lock (changing)
        {
            var record = records[id];
            EvaluationPoint[] points = [.. record.Points];
            points[point] = points[point] with { Metrics = metrics, Settings = settings, Measured = time.GetUtcNow() };
            return Keep(record with { Points = points });
        }
    }

    /// <summary>The work on an evaluation has ended; one that was cancelled meanwhile stays so.</summary>
    /// <param name="active">Which.</param>
    /// <param name="state">What became of it; null if the service stops and it goes on at the next start.</param>
    /// <param name="error">Why it failed.</param>
    internal void Leave(ActiveEvaluation active, EvaluationState? state, string? error = null)
    {
        lock (changing)
        {
            if (Active == active) Active = null;
            if (state is { } end && records.TryGetValue(active.Id, out var record) && !record.IsOver) Keep(record with { State = end, Ended = time.GetUtcNow(), Error = error });
            foreach (var old in records.Values.Where(r => r.IsOver).SkipLast(options.Keep).ToArray())
            {
                records.Remove(old.Id);
                File.Delete(PathOf(old.Id));
            }
        }
    }

    private string PathOf(string id) => Path.Combine(Folder, $"{id}.json");

    private EvaluationRecord Keep(EvaluationRecord record)
    {
        try
        {
            DurableFile.Write(PathOf(record.Id), JsonSerializer.SerializeToUtf8Bytes(record, Json));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TrainingRecordException(failure);
        }
        records[record.Id] = record;
        arrived.Writer.TryWrite(true);
        return record;
    }
}
