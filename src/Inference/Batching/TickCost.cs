namespace Diffusion.Inference.Batching;

/// <summary>Running means of what ticks cost; says when to come back. Written by the engine, read by anyone.</summary>
internal sealed class TickCost
{
    private const double Weight = 0.1;
    private readonly Lock gate = new();
    private double tick, row;

    /// <summary>Rows of the last tick.</summary>
    public int LastRows { get; private set; }

    public (double TickMilliseconds, double RowMilliseconds) Mean
    {
        get
        {
            lock (gate) return (tick, row);
        }
    }

    public void Record(TimeSpan elapsed, int rows)
    {
        var (ms, each) = (elapsed.TotalMilliseconds, elapsed.TotalMilliseconds / rows);
        LastRows = rows;
        lock (gate) (tick, row) = tick == 0 ? (ms, each) : (tick + Weight * (ms - tick), row + Weight * (each - row));
    }

    /// <summary>When <paramref name="rows"/> rows will have run, between one second and ten minutes.</summary>
    public TimeSpan Predict(long rows) => TimeSpan.FromMilliseconds(Math.Clamp(rows * Mean.RowMilliseconds, 1000, 600_000));
}
