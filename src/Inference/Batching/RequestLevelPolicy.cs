namespace Diffusion.Inference.Batching;

/// <summary>
/// Dynamic batching of whole requests, as model servers do it: requests of the same model, sampler, steps and guidance
/// start together and run to their end before anybody else begins. For comparison.
/// </summary>
internal sealed class RequestLevelPolicy : ISchedulingPolicy
{
    public string Name => "request-level";

    public string Description => "Requests of one model, sampler, step count and guidance run as one batch to its end. What request-level dynamic batching does.";

    public BatchPlan? Plan(WorkSet work, TickLimits limits)
    {
        // pictures begin together and have equally many steps, so all that is in flight is one batch
        if (work.InFlight.FirstOrDefault() is { } running && work.Find(running.Owner.Lane) is { } busy)
            return new BatchDraft(busy, limits.RowsOf(busy)).TakeAll(work.InFlight.Where(s => s.Owner.Lane == busy.Key)).ToPlan();
        if (work.Oldest is not { } oldest || work.Find(oldest.Lane) is not { } lane) return null;
        var draft = new BatchDraft(lane, limits.RowsOf(lane)).TakeAll(oldest.Waiting);
        foreach (var other in lane.Works)
        {
            if (draft.IsFull) break;
            if (other == oldest || other.Recipe != oldest.Recipe || draft.Rows + other.Waiting.Count * other.Cost > limits.RowsOf(lane)) continue;
            draft.TakeAll(other.Waiting);
        }
        return draft.ToPlan();
    }
}
