using System.Diagnostics;
using System.Diagnostics.Metrics;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests;

public sealed class InferenceMetricsTests : IDisposable
{
    private readonly List<(string Name, double Value, Dictionary<string, object?> Tags)> seen = [];
    private readonly MeterListener listener = new();
    private readonly Rig rig = new(("MaxQueuedGenerations", 2));

    public InferenceMetricsTests()
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == InferenceServices.Telemetry) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((i, v, tags, _) => Record(i, v, tags));
        listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Record(i, v, tags));
        listener.SetMeasurementEventCallback<double>((i, v, tags, _) => Record(i, v, tags));
        listener.Start();
    }

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 3, Seed = 1, Count = 2 };

    [Fact]
    public void Tick_RecordsRowsAndTimes()
    {
        rig.Engine.BeforeForward = _ => rig.Clock.Advance(TimeSpan.FromMilliseconds(20));
        rig.Submit(Request);
        rig.Clock.Advance(TimeSpan.FromMilliseconds(10));
        rig.RunAll();
        Assert.Equal([2.0, 2, 2], Values("diffusion.batch.rows"));
        Assert.Equal([0.02, 0.02, 0.02], Values("diffusion.tick.duration"));
        Assert.Equal([0.01], Values("diffusion.queue.wait"));
        Assert.Equal(0, Values("diffusion.rows.waiting").Sum());
        Assert.NotEmpty(Values("diffusion.model.load.duration"));
    }

    [Fact]
    public async Task Watch_SlowReader_CountsWhatItMissed()
    {
        var generation = rig.Submit(Request);
        using var watcher = generation.Watch(new FrameOptions());
        rig.RunAll();
        // 3 steps of 2 pictures, of which the last ones are still there
        await foreach (var unused in watcher.ReadAsync()) { }
        Assert.Equal(4, Values("diffusion.frames.dropped").Sum());
    }

    [Fact]
    public void End_RecordsEveryOutcome()
    {
        rig.Submit(Request);
        rig.RunAll();
        rig.Submit(Request).Cancel();
        rig.RunAll();
        rig.Engine.BeforeForward = _ => throw new InvalidOperationException("broken");
        rig.Submit(Request);
        rig.RunAll();
        Assert.Equal(["succeeded", "canceled", "engine-error"], seen.Where(s => s.Name == "diffusion.generations").Select(s => s.Tags["diffusion.outcome"]));
        Assert.Single(Values("diffusion.batch.splits"));
    }

    [Fact]
    public void Submit_Refused_RecordsTheReason()
    {
        Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request with { Steps = 0 }));
        rig.Submit(Request);
        rig.Submit(Request);
        Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request));
        Assert.Equal(["Invalid", "Overloaded"], seen.Where(s => s.Name == "diffusion.refusals").Select(s => s.Tags["diffusion.reason"]));
    }

    [Fact]
    public void Submit_WhenTraced_SpansTheGeneration()
    {
        var ended = new List<Activity>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = s => s.Name == InferenceServices.Telemetry,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(traces);
        var generation = rig.Submit(Request);
        Assert.Null(Activity.Current);
        Assert.Empty(ended);
        rig.RunAll();
        var span = Assert.Single(ended);
        Assert.Equal(generation.Id, span.GetTagItem("diffusion.generation.id"));
        Assert.Equal("succeeded", span.GetTagItem("diffusion.outcome"));
    }

    public void Dispose()
    {
        listener.Dispose();
        rig.Dispose();
    }

    private IEnumerable<double> Values(string name) => seen.Where(s => s.Name == name).Select(s => s.Value);

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (seen) seen.Add((instrument.Name, value, tags.ToArray().ToDictionary(t => t.Key, t => t.Value)));
    }
}
