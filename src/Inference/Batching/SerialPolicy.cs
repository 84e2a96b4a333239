namespace Diffusion.Inference.Batching;

/// <summary>One request at a time, to its end. For comparison.</summary>
internal sealed class SerialPolicy : ISchedulingPolicy
{
    public string Name => "serial";

    public string Description => "One request at a time, in the order of arrival. What a service without batching does.";

    public BatchPlan? Plan(WorkSet work, TickLimits limits)
    {
        if (work.Oldest is not { } oldest || work.Find(oldest.Lane) is not { } lane) return null;
        return new BatchDraft(lane, limits.RowsOf(lane)).TakeAll(oldest.Waiting).ToPlan();
    }
}
