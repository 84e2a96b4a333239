using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Batching;

/// <summary>A request as a policy sees it: so many pictures of so many rows, in one lane, for one client.</summary>
internal sealed class Work
{
    private readonly LinkedList<SampleTurn> waiting = new();
    private readonly List<SampleTurn> held = [];
    private readonly int singleRows;

    /// <param name="id">Unique; earlier requests have smaller ones.</param>
    /// <param name="lane">Where its rows can run.</param>
    /// <param name="samples">Pictures.</param>
    /// <param name="steps">Rows of each picture.</param>
    /// <param name="cost">Network evaluations per row: 2 for a guidance pair, which never splits over two ticks.</param>
    /// <param name="entries">Where the pictures enter; null for all at the first row.</param>
    public Work(long id, LaneKey lane, int samples, int steps, int cost, Entries? entries = null)
    {
        (Id, Lane, Samples, Steps, Cost, singleRows) = (id, lane, samples, steps, cost, entries?.SingleRows ?? 0);
        for (var i = 0; i < samples; i++)
        {
            var sample = new SampleTurn(this, i, entries?.FirstRows[i] ?? 0);
            RowsLeft += RowsFrom(sample.Done);
            if (entries?.Held.Contains(i) == true) held.Add(sample);
            else waiting.AddLast(sample.InRequest);
        }
        InArrivals = new(this);
    }

    public long Id { get; }

    public LaneKey Lane { get; }

    public int Samples { get; }

    public int Steps { get; }

    public int Cost { get; }

    /// <summary>Who asks.</summary>
    public string Client { get; init; } = GenerationRequest.Anonymous;

    /// <summary>Share of <see cref="Client"/>; null leaves it to the settings.</summary>
    public double? ClientWeight { get; init; }

    public RequestClass Class { get; init; }

    /// <summary>Sampler, steps and guidance in one word: what requests share that a request-level batch may mix.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>Milliseconds on the engine's clock at which it was accepted.</summary>
    public double Arrival { get; init; }

    /// <summary>Milliseconds on the engine's clock by which it was promised, or null.</summary>
    public double? Deadline { get; init; }

    /// <summary>Its place among requests of the same client and class: the deadline, or one that its length sets.</summary>
    public double Due { get; internal set; }

    /// <summary>Unfinished pictures, the one that waits longest first.</summary>
    public IReadOnlyCollection<SampleTurn> Waiting => waiting;

    /// <summary>Network evaluations that are still to run.</summary>
    public long RowsLeft { get; private set; }

    /// <summary>Ticks that its slowest picture still needs.</summary>
    public int StepsLeft => IsFinished ? 0 : Steps - waiting.Concat(held).Min(s => s.Done);

    public bool IsFinished => waiting.Count == 0 && held.Count == 0;

    /// <summary>Network evaluations of one row.</summary>
    public int CostOf(int row) => row < singleRows ? 1 : Cost;

    /// <summary>Network evaluations from a row to the end.</summary>
    public long RowsFrom(int row) => (long)(Steps - row) * Cost - (long)(Cost - 1) * Math.Max(0, singleRows - row);

    internal LinkedListNode<SampleTurn>? Longest => waiting.First;

    internal LinkedListNode<Work> InArrivals { get; }

    /// <summary>Lets the pictures run that waited for others of the request.</summary>
    internal IReadOnlyList<SampleTurn> Release()
    {
        SampleTurn[] released = [.. held];
        held.Clear();
        foreach (var sample in released) waiting.AddLast(sample.InRequest);
        return released;
    }

    internal void Advance(SampleTurn sample, long tick)
    {
        RowsLeft -= sample.Cost;
        sample.Advance(tick);
        waiting.Remove(sample.InRequest);
        if (!sample.IsFinished) waiting.AddLast(sample.InRequest);
    }
}
