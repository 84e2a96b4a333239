namespace Diffusion.Inference.Batching;

/// <summary>A request as the planner sees it: so many pictures of so many rows, in one lane.</summary>
internal sealed class Work
{
    private readonly LinkedList<SampleTurn> waiting;
    private readonly List<SampleTurn> held = [];
    private readonly int singleRows;

    /// <param name="id">Unique; earlier requests have smaller ones.</param>
    /// <param name="lane">Where its rows can run.</param>
    /// <param name="samples">Pictures.</param>
    /// <param name="steps">Rows of each picture.</param>
    /// <param name="cost">Network evaluations per row: 2 for a guidance pair, which never splits over two ticks.</param>
    /// <param name="tick">Now.</param>
    /// <param name="entries">Where the pictures enter; null for all at the first row.</param>
    public Work(long id, LaneKey lane, int samples, int steps, int cost, long tick, Entries? entries = null)
    {
        (Id, Lane, Steps, Cost, singleRows) = (id, lane, steps, cost, entries?.SingleRows ?? 0);
        var turns = Enumerable.Range(0, samples).Select(i => new SampleTurn(this, i, tick, entries?.FirstRows[i] ?? 0)).ToArray();
        foreach (var index in entries?.Held ?? []) held.Add(turns[index]);
        waiting = new(turns.Except(held));
    }

    public long Id { get; }

    public LaneKey Lane { get; }

    public int Steps { get; }

    public int Cost { get; }

    /// <summary>Unfinished pictures, the one that waits longest first.</summary>
    public IReadOnlyCollection<SampleTurn> Waiting => waiting;

    /// <summary>Network evaluations that are still to run.</summary>
    public long RowsLeft => waiting.Concat(held).Sum(s => s.RowsLeft);

    public bool IsFinished => waiting.Count == 0 && held.Count == 0;

    /// <summary>Network evaluations of one row.</summary>
    public int CostOf(int row) => row < singleRows ? 1 : Cost;

    /// <summary>Network evaluations from a row to the end.</summary>
    public long RowsFrom(int row) => (long)(Steps - row) * Cost - (long)(Cost - 1) * Math.Max(0, singleRows - row);

    /// <summary>Lets the pictures run that waited for others of the request; they count as waiting from now on.</summary>
    public void Release(long tick)
    {
        foreach (var sample in held)
        {
            sample.WaitFrom(tick);
            waiting.AddLast(sample);
        }
        held.Clear();
    }

    internal void Advance(SampleTurn sample, long tick)
    {
        sample.Advance(tick);
        waiting.Remove(sample);
        if (!sample.IsFinished) waiting.AddLast(sample);
    }
}
