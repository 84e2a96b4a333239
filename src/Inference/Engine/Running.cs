using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Engine;

/// <summary>An admitted generation on the engine thread: its place in the plan, its slots, the pictures that are done.</summary>
internal sealed class Running(Generation generation, Work work)
{
    public const int NoSlot = -1;

    public Generation Generation => generation;

    public AcceptedRequest Request => generation.Request;

    public Work Work => work;

    /// <summary>Whether its lane is open and counts it as a user.</summary>
    public bool HasLane { get; set; }

    /// <summary>Timestamp of the first tick, or null.</summary>
    public long? StartedAt { get; set; }

    /// <summary>Slot of each picture, <see cref="NoSlot"/> before its first row and after its last.</summary>
    public int[] Slots { get; } = [.. Enumerable.Repeat(NoSlot, generation.Count)];

    /// <summary>What its pictures begin with.</summary>
    public FirstStates FirstStates { get; } = new(generation.Request.Course, generation.Shape);

    /// <summary>[N, C, H, W].</summary>
    public float[] Values { get; } = new float[generation.Count * generation.Shape.Values];

    /// <summary>The frames that the request asked to keep, or null.</summary>
    public Recording? Recording { get; } = generation.Request.Record is { } record ? new Recording(generation.Request, record, generation.Shape) : null;

    public RowInput RowOf(SampleTurn sample)
    {
        var (index, step) = (sample.Index, sample.Done);
        // the last row's x is the picture itself; that of an end is what others begin with
        var isWanted = step + 1 == generation.Steps || (step + 1 == Request.Course.Ascent && Request.Course.IsEnd(index));
        var demand = generation.Demand(index, step + 1) | (Recording?.Demand(step + 1) ?? 0) | (isWanted ? FrameDemand.Noisy : FrameDemand.None);
        var classifier = Request.ClassifierOf(index, step);
        return new RowInput(Slots[index], Request.Table.Rows[step], step, Request.Seed, Request.Resolved.FirstPicture + index, Request.Labels[index], Request.GuidanceOf(step), Request.Rescale, classifier, demand) { Parallel = Request.Parallel };
    }

    /// <summary>Whether a picture has just reached the x_T that others of the request begin with.</summary>
    public bool IsEnd(SampleTurn sample) => sample.Done == Request.Course.Ascent && Request.Course.IsEnd(sample.Index);
}
