using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 1. Conservation: every accepted request ends in exactly one way, the innocent succeed, rows in are rows out, no slot
/// leaks, and every slot has one owner.
/// </summary>
public sealed class ConservationTests
{
    [Fact]
    public void EveryAcceptedRequest_EndsOnceAndLeavesNothing() => Property.Holds(Scripts.Any, Law);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        if (world.Reported(Laws.Conservation) is { } seen) throw new Violation(Laws.Conservation, seen);
        foreach (var told in world.Accepted) Check(told);
        Violation.Unless(world.UsedSlots == 0, Laws.Conservation, () => $"{world.UsedSlots} slots were left");
        foreach (var (ask, refusal) in world.Refused)
            Violation.Unless(refusal.Reason == RefusalReason.DeadlineInfeasible, Laws.Conservation, () => $"{ask} was refused: {refusal.Message}");
    }

    private static void Check(Told told)
    {
        var events = Watching.All(told.Generation, FrameOptions.None);
        Violation.Unless(events.IsCompletedSuccessfully, Laws.Conservation, () => $"{told} never ended");
        var ends = events.Result.Count(e => e is CompletedEvent or FailedEvent or CanceledEvent);
        Violation.Unless(ends == 1, Laws.Conservation, () => $"{told} ended {ends} times");
        Violation.Unless(told.Generation.Completion.IsCompleted, Laws.Conservation, () => $"{told} ended, and its task did not");
        var (state, request) = (told.Generation.State, told.Generation.Request);
        var isWhole = told.Evaluations == request.Rows;
        Violation.Unless(state != GenerationState.Succeeded || isWhole, Laws.Conservation, () => $"{told} succeeded");
        Violation.Unless(told.Evaluations <= request.Rows, Laws.Conservation, () => $"{told} ran too much");
        Violation.Unless(state != GenerationState.Canceled || told.LastTick is not null, Laws.Conservation, () => $"{told}, and nobody asked for that");
        if (state == GenerationState.Failed)
        {
            var problem = ((FailedEvent)events.Result[^1]).Problem;
            var isJust = problem == Problems.DeadlineExceeded ? told.Due is not null : told.IsConvicted;
            Violation.Unless(isJust, Laws.Conservation, () => $"{told} failed ({problem}) for no fault of its own");
        }
        var isGuilty = told.Ask.Fault != Fault.None && told.Ask.FaultStep < told.Ask.Steps;
        Violation.Unless(!isGuilty || state != GenerationState.Succeeded, Laws.Conservation, () => $"{told}, and every batch with it is broken");
    }
}
