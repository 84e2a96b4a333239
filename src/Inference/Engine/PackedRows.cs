using Diffusion.Guidance;
using Diffusion.Samplers;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The evaluations of a batch in order: one for each row, the unconditional ones of guidance pairs, and padding that
/// repeats the first row and is thrown away.
/// </summary>
internal sealed class PackedRows
{
    private readonly IReadOnlyList<RowInput> rows;

    /// <param name="rows">At least one.</param>
    /// <param name="size">Evaluations are padded to a multiple of it; 0 for no padding.</param>
    public PackedRows(IReadOnlyList<RowInput> rows, int size)
    {
        this.rows = rows;
        var pairs = new List<int>();
        for (var i = 0; i < rows.Count; i++)
            if (rows[i].IsGuided) pairs.Add(i);
        HasPairs = pairs.Count > 0;
        Needed = rows.Count + pairs.Count;
        Source = new int[size == 0 ? Needed : (Needed + size - 1) / size * size];
        Partner = new long[Source.Length];
        for (var i = 0; i < rows.Count; i++) Source[i] = i;
        for (var k = 0; k < pairs.Count; k++) Source[rows.Count + k] = pairs[k];
        // whatever has no pair is its own, and guidance leaves it as it is
        for (var i = 0; i < Partner.Length; i++) Partner[i] = i;
        for (var k = 0; k < pairs.Count; k++) Partner[pairs[k]] = rows.Count + k;
    }

    /// <summary>The row of each evaluation, padding included.</summary>
    public int[] Source { get; }

    /// <summary>For each evaluation the one that holds its unconditional output; itself where there is none.</summary>
    public long[] Partner { get; }

    /// <summary>Evaluations without padding.</summary>
    public int Needed { get; }

    public bool HasPairs { get; }

    public long[] Slots => Each(r => (long)r.Slot);

    public long[] Times => Each(r => (long)r.Row.TimeIndex);

    public SamplerRow[] Rows => Each(r => r.Row);

    /// <summary>s of pairs; 1 where there is no pair, which is no guidance.</summary>
    public float[] Scales => Each(r => r.IsGuided ? (float)r.Guidance : 1f);

    /// <summary>Rows whose guided output is rescaled.</summary>
    public long[] Rescaled => [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].IsGuided && rows[i].Rescale > 0).Select(i => (long)i)];

    /// <summary>phi of <see cref="Rescaled"/>.</summary>
    public float[] RescaleShares => [.. Rescaled.Select(i => (float)rows[(int)i].Rescale)];

    /// <summary>Rows of which a part is taken along their estimate.</summary>
    public long[] Projected => [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].IsGuided && rows[i].Parallel != GuidanceProjection.Whole).Select(i => (long)i)];

    /// <summary>P, Q, and (s - 1) (1 - eta) of some rows.</summary>
    public (float[] P, float[] Q, float[] Taken) Projections(long[] of) =>
        (Some(of, r => r.Row.P), Some(of, r => r.Row.Q), Some(of, r => (r.Guidance - ClassifierFreeGuidance.NoGuidance) * (1 - r.Parallel)));

    /// <param name="none">The label that means none.</param>
    public long[] Labels(int none)
    {
        var labels = Each(r => (long)(r.FirstLabel ?? none));
        for (var i = rows.Count; i < Needed; i++) labels[i] = none;
        return labels;
    }

    private float[] Some(long[] which, Func<RowInput, double> of) => Array.ConvertAll(which, i => (float)of(rows[(int)i]));

    private T[] Each<T>(Func<RowInput, T> of)
    {
        var values = new T[Source.Length];
        for (var i = 0; i < values.Length; i++) values[i] = of(rows[Source[i]]);
        return values;
    }
}
