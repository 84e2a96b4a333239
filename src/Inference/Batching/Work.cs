namespace Diffusion.Inference.Batching;

/// <summary>A request as the planner sees it: so many pictures of so many rows, in one lane.</summary>
internal sealed class Work
{
    private readonly LinkedList<SampleTurn> waiting;

    /// <param name="id">Unique; earlier requests have smaller ones.</param>
    /// <param name="lane">Where its rows can run.</param>
    /// <param name="samples">Pictures.</param>
    /// <param name="steps">Rows of each picture.</param>
    /// <param name="cost">Network evaluations per row: 2 for a guidance pair, which never splits over two ticks.</param>
    /// <param name="tick">Now.</param>
    public Work(long id, LaneKey lane, int samples, int steps, int cost, long tick)
    {
        (Id, Lane, Steps, Cost) = (id, lane, steps, cost);
        waiting = new(Enumerable.Range(0, samples).Select(i => new SampleTurn(this, i, tick)));
    }

    public long Id { get; }

    public LaneKey Lane { get; }

    public int Steps { get; }

    public int Cost { get; }

    /// <summary>Unfinished pictures, the one that waits longest first.</summary>
    public IReadOnlyCollection<SampleTurn> Waiting => waiting;

    /// <summary>Network evaluations that are still to run.</summary>
    public long RowsLeft => waiting.Sum(s => (long)(Steps - s.Done)) * Cost;

    public bool IsFinished => waiting.Count == 0;

    internal void Advance(SampleTurn sample, long tick)
    {
        sample.Advance(tick);
        waiting.Remove(sample);
        if (!sample.IsFinished) waiting.AddLast(sample);
    }
}
