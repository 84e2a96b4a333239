using System.Diagnostics;
using System.Diagnostics.Metrics;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference;

/// <summary>The measurements and spans of the engine, all under one name.</summary>
internal sealed class InferenceMetrics : IDisposable
{
    public const string Name = "Diffusion.Inference";

    public static readonly ActivitySource Source = new(Name);

    private const int MaxClients = 100;

    private readonly Meter meter;
    private readonly HashSet<string> clients = new(StringComparer.Ordinal);
    private readonly Counter<double> laneTime;
    private readonly Histogram<int> batchRows;
    private readonly Histogram<double> padding, tickDuration, queueWait, generationDuration, loadDuration;
    private readonly UpDownCounter<long> rowsWaiting;
    private readonly Counter<long> generations, refusals, framesDropped, splits, memorySplits;

    public InferenceMetrics(IMeterFactory factory)
    {
        meter = factory.Create(Name);
        batchRows = meter.CreateHistogram<int>("diffusion.batch.rows", "{row}", "Network evaluations per tick.");
        tickDuration = meter.CreateHistogram<double>("diffusion.tick.duration", "s", "Time of one tick.");
        queueWait = meter.CreateHistogram<double>("diffusion.queue.wait", "s", "From acceptance to the first tick, by class.");
        generationDuration = meter.CreateHistogram<double>("diffusion.generation.duration", "s", "From acceptance to the end.");
        loadDuration = meter.CreateHistogram<double>("diffusion.model.load.duration", "s", "Verifying and loading one model version.");
        laneTime = meter.CreateCounter<double>("diffusion.lane.time", "s", "Device time by model and client.");
        rowsWaiting = meter.CreateUpDownCounter<long>("diffusion.rows.waiting", "{row}", "Network evaluations accepted and not yet run.");
        generations = meter.CreateCounter<long>("diffusion.generations", "{generation}", "Ended generations by outcome.");
        refusals = meter.CreateCounter<long>("diffusion.refusals", "{request}", "Requests that were not accepted, by reason.");
        framesDropped = meter.CreateCounter<long>("diffusion.frames.dropped", "{frame}", "Frames that a newer one replaced before they were read.");
        splits = meter.CreateCounter<long>("diffusion.batch.splits", "{batch}", "Batches that failed and were split in halves.");
        memorySplits = meter.CreateCounter<long>("diffusion.oom.splits", "{batch}", "Batches that did not fit into the device's memory and were split.");
        padding = meter.CreateHistogram<double>("diffusion.batch.padding_ratio", "1", "Share of a padded batch that is padding.");
    }

    public void Tick(int rows, TimeSpan elapsed, string model)
    {
        var tag = new KeyValuePair<string, object?>("diffusion.model", model);
        batchRows.Record(rows, tag);
        tickDuration.Record(elapsed.TotalSeconds, tag);
    }

    public void Waited(TimeSpan elapsed, RequestClass priority) =>
        queueWait.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("diffusion.class", RequestClasses.NameOf(priority)));

    /// <summary>Device time that a client had. Beyond <see cref="MaxClients"/> clients the rest are one, so that a metric stays small.</summary>
    public void Served(double milliseconds, string model, string client)
    {
        if (!laneTime.Enabled) return;
        if (!clients.Contains(client) && (clients.Count >= MaxClients || !clients.Add(client))) client = "other";
        laneTime.Add(milliseconds / 1000, new TagList { { "diffusion.model", model }, { "diffusion.client", client } });
    }

    public void RowsWaiting(long change) => rowsWaiting.Add(change);

    public void Ended(string outcome, string model, TimeSpan elapsed)
    {
        var tags = new TagList { { "diffusion.outcome", outcome }, { "diffusion.model", model } };
        generations.Add(1, tags);
        generationDuration.Record(elapsed.TotalSeconds, tags);
    }

    public void Refused(string reason) => refusals.Add(1, new KeyValuePair<string, object?>("diffusion.reason", reason));

    public void FramesDropped(int count)
    {
        if (count > 0) framesDropped.Add(count);
    }

    public void Split(bool outOfMemory)
    {
        splits.Add(1);
        if (outOfMemory) memorySplits.Add(1);
    }

    public void Padded(int evaluations, int size) => padding.Record((double)(size - evaluations) / size);

    public void Loaded(string model, TimeSpan elapsed, bool succeeded) => loadDuration.Record(
        elapsed.TotalSeconds, new KeyValuePair<string, object?>("diffusion.model", model), new KeyValuePair<string, object?>("diffusion.succeeded", succeeded));

    public void Dispose() => meter.Dispose();
}
