using System.Collections.Concurrent;

namespace Diffusion.Inference.Batching;

/// <summary>The cost models of all lanes, and running means over all ticks. Written by the engine, read by anyone.</summary>
internal sealed class CostBook(int maxRows)
{
    private const double Weight = 0.1;
    private const int MaxLanes = 256;
    private readonly ConcurrentDictionary<LaneKey, CostModel> lanes = new();
    private readonly Lock gate = new();
    private double tick, row;

    /// <summary>Rows of the last tick.</summary>
    public int LastRows { get; private set; }

    /// <summary>Running means of a tick, and of a tick divided by its rows.</summary>
    public (double TickMilliseconds, double RowMilliseconds) Mean
    {
        get
        {
            lock (gate) return (tick, row);
        }
    }

    /// <summary>The model of a lane; a lane keeps it while nobody uses the lane.</summary>
    public CostModel Of(LaneKey lane)
    {
        // versions come and go; what is thrown away here is learnt again in a few ticks
        if (lanes.Count >= MaxLanes && !lanes.ContainsKey(lane)) lanes.Clear();
        return lanes.GetOrAdd(lane, static (_, rows) => new CostModel(rows), maxRows);
    }

    public void Record(LaneKey lane, int rows, TimeSpan elapsed)
    {
        var (ms, each) = (elapsed.TotalMilliseconds, elapsed.TotalMilliseconds / rows);
        Of(lane).Record(rows, ms);
        LastRows = rows;
        lock (gate) (tick, row) = tick == 0 ? (ms, each) : (tick + Weight * (ms - tick), row + Weight * (each - row));
    }
}
