namespace Diffusion.Inference.Batching;

/// <summary>A tick that is being put together.</summary>
/// <param name="lane">Its lane.</param>
/// <param name="rows">Rows it may have; one picture always fits, whatever its rows.</param>
internal sealed class BatchDraft(Lane lane, int rows)
{
    private readonly List<SampleTurn> chosen = [];
    private readonly HashSet<SampleTurn> taken = [];
    private readonly Dictionary<Work, int> rowsOf = [];

    /// <summary>Rows it may have.</summary>
    public int Most => rows;

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    public bool IsFull => chosen.Count > 0 && Rows >= rows;

    public bool Has(SampleTurn sample) => taken.Contains(sample);

    public bool Fits(SampleTurn sample) => chosen.Count == 0 || Rows + sample.Cost <= rows;

    /// <summary>Whether its request has no more than <paramref name="share"/> rows with it, or this one alone.</summary>
    public bool IsWithin(SampleTurn sample, int share) =>
        rowsOf.GetValueOrDefault(sample.Owner) is var has && (has == 0 || has + sample.Cost <= share);

    public bool Take(SampleTurn sample)
    {
        if (!Fits(sample) || !taken.Add(sample)) return false;
        chosen.Add(sample);
        Rows += sample.Cost;
        rowsOf[sample.Owner] = rowsOf.GetValueOrDefault(sample.Owner) + sample.Cost;
        return true;
    }

    /// <summary>Takes what fits of these, in their order.</summary>
    public BatchDraft TakeAll(IEnumerable<SampleTurn> samples)
    {
        foreach (var sample in samples)
        {
            if (IsFull) break;
            Take(sample);
        }
        return this;
    }

    public BatchPlan? ToPlan() => chosen.Count == 0 ? null : new BatchPlan(lane.Key, chosen, Rows);
}
