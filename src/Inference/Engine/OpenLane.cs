namespace Diffusion.Inference.Engine;

/// <summary>A lane that is open on the device.</summary>
/// <param name="runner">Its network and states.</param>
/// <param name="sizes">The sizes that its batches may have, ascending.</param>
/// <param name="isPadded">Whether batches have exactly one of these sizes.</param>
/// <param name="limit">How many evaluations fit.</param>
internal sealed class OpenLane(ILaneRunner runner, IReadOnlyList<int> sizes, bool isPadded, RowLimit limit)
{
    public ILaneRunner Runner => runner;

    public RowLimit Limit => limit;

    /// <summary>Requests that are in it.</summary>
    public int Users { get; set; }

    /// <summary>Evaluations that a tick may have.</summary>
    public int Rows => limit.Rows;

    /// <summary>
    /// The size of a batch: the least that holds it, or several of the largest for what no size holds; 0 where sizes do
    /// not matter.
    /// </summary>
    public int SizeOf(int evaluations)
    {
        if (!isPadded) return 0;
        foreach (var size in sizes)
            if (size >= evaluations) return size;
        return sizes[^1];
    }
}
