using Diffusion.Inference.Batching;

namespace Diffusion.Inference.Engine;

/// <summary>A lane that is open on the device. How many rows its ticks may have, its cost model knows as well: plans and predictions are made from that.</summary>
internal sealed class OpenLane
{
    private readonly IReadOnlyList<int> sizes;
    private readonly bool isPadded;
    private readonly CostModel cost;

    /// <param name="runner">Its network and states.</param>
    /// <param name="sizes">The sizes that its batches may have, ascending.</param>
    /// <param name="isPadded">Whether batches have exactly one of these sizes.</param>
    /// <param name="limit">How many evaluations fit.</param>
    /// <param name="cost">What its ticks cost.</param>
    public OpenLane(ILaneRunner runner, IReadOnlyList<int> sizes, bool isPadded, RowLimit limit, CostModel cost)
    {
        (Runner, this.sizes, this.isPadded, Limit, this.cost) = (runner, sizes, isPadded, limit, cost);
        cost.Cap = limit.Rows;
    }

    public ILaneRunner Runner { get; }

    public RowLimit Limit { get; }

    /// <summary>Requests that are in it.</summary>
    public int Users { get; set; }

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

    /// <summary>A batch fitted.</summary>
    public void Fitted()
    {
        Limit.Fitted();
        cost.Cap = Limit.Rows;
    }

    /// <summary>A batch of so many evaluations did not fit.</summary>
    public void OutOfMemory(int evaluations)
    {
        Limit.OutOfMemory(evaluations);
        cost.Cap = Limit.Rows;
    }
}
