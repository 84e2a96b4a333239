namespace Diffusion.Inference.Batching;

/// <summary>Step by step and mixed, but first come, first served: the oldest request's lane, and in it by age.</summary>
internal sealed class FifoPolicy : ISchedulingPolicy
{
    public string Name => "fifo";

    public string Description => "Rows of all requests of a lane share a tick, the oldest request first. Short requests wait behind long ones.";

    public BatchPlan? Plan(WorkSet work, TickLimits limits)
    {
        if (work.Oldest is not { } oldest || work.Find(oldest.Lane) is not { } lane) return null;
        return new BatchDraft(lane, limits.RowsOf(lane)).TakeAll(lane.Works.SelectMany(w => w.Waiting)).ToPlan();
    }
}
