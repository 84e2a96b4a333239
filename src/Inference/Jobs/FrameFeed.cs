namespace Diffusion.Inference.Jobs;

/// <summary>
/// The newest frame of each picture, for all watchers that want the same frames. A watcher keeps no more than its place,
/// so one that reads slowly, or never, costs the engine nothing and holds no memory; it misses what was replaced.
/// </summary>
internal sealed class FrameFeed(FrameOptions options, int count, int steps, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly (Frame? Frame, long Version)[] newest = new (Frame?, long)[count];
    // when the step of a picture's newest frame began, and that of the row under way
    private readonly long[] taken = new long[options.MaxFps is null ? 0 : count], begun = new long[options.MaxFps is null ? 0 : count];
    private long version;

    public FrameOptions Options => options;

    /// <summary>Those who read here; guarded by the generation.</summary>
    public List<Watcher> Watchers { get; } = [];

    /// <summary>Where somebody who comes now begins: after what there is.</summary>
    public long Version
    {
        get
        {
            lock (gate) return version;
        }
    }

    /// <summary>What a row has to bring. A frame over the rate is not even fetched.</summary>
    public FrameDemand Demand(int sample, int step)
    {
        if (!Selects(sample, step)) return FrameDemand.None;
        if (begun.Length > 0) begun[sample] = time.GetTimestamp();
        return options.Kinds;
    }

    /// <summary>Takes a frame that is wanted here; false if it is not.</summary>
    public bool Put(Frame frame)
    {
        // somebody may have come after the row was packed: then it did not bring what is wanted
        if (options.Kinds == FrameDemand.None || !frame.Kinds.HasFlag(options.Kinds) || !Selects(frame.Sample, frame.Step)) return false;
        lock (gate)
        {
            newest[frame.Sample] = (frame, ++version);
            if (taken.Length > 0) taken[frame.Sample] = begun[frame.Sample];
        }
        return true;
    }

    /// <summary>The oldest frame after a place that was not replaced yet, and its own place; every place between the two was.</summary>
    public (Frame Frame, long Version)? After(long place)
    {
        lock (gate)
        {
            if (place == version) return null;
            var first = -1;
            for (var i = 0; i < newest.Length; i++)
                if (newest[i].Version > place && (first < 0 || newest[i].Version < newest[first].Version)) first = i;
            return (newest[first].Frame!, newest[first].Version);
        }
    }

    private bool Selects(int sample, int step) => options.Selects(step, steps) && options.SelectsSample(sample)
        && (options.MaxFps is not { } fps || step == steps || taken[sample] == 0 || time.GetElapsedTime(taken[sample]).TotalSeconds * fps >= 1);
}
