namespace Diffusion.Inference.Batching;

/// <summary>The requests that can share a forward pass, the one that was served longest ago first.</summary>
/// <remarks>
/// Turns are plain round robin. A cost model (measured time per lane) and classes of service hook in where
/// <see cref="WorkSet.Commit"/> moves lanes and requests to the back: what is spent is known there.
/// </remarks>
internal sealed class Lane(LaneKey key)
{
    private readonly LinkedList<Work> works = new();

    public LaneKey Key => key;

    public IReadOnlyCollection<Work> Works => works;

    internal void Add(Work work) => works.AddLast(work);

    internal bool Remove(Work work) => works.Remove(work);

    internal void MoveToBack(Work work)
    {
        works.Remove(work);
        works.AddLast(work);
    }
}
