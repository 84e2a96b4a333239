using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 7. Cancellation: it is seen within one tick, afterwards there is no row and no frame, and to cancel again, or after
/// the end, does nothing.
/// </summary>
public sealed class CancellationTests
{
    [Fact]
    public void EveryCancellation_IsSeenWithinOneTick() => Property.Holds(Scripts.Any, Law);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        if (world.Reported(Laws.Cancellation) is { } seen) throw new Violation(Laws.Cancellation, seen);
        foreach (var told in world.Accepted.Where(t => t.LastTick is not null))
        {
            Violation.Unless(told.Ran.All(r => r.Tick <= told.LastTick + 1), Laws.Cancellation, () => $"{told} was canceled in tick {told.LastTick}, and ran after it");
            if (told.Ask.Watch == Watch.Closely)
                Violation.Unless(
                    told.Reader!.Seen.All(s => s.Event is not FrameEvent || s.Tick <= told.LastTick), Laws.Cancellation, () => $"{told} gave frames after it was canceled");
            var (state, events) = (told.Generation.State, Watching.All(told.Generation, FrameOptions.None));
            told.Generation.Cancel();
            var again = Watching.All(told.Generation, FrameOptions.None);
            Violation.Unless(
                told.Generation.State == state && events.Result.SequenceEqual(again.Result), Laws.Cancellation, () => $"{told} was canceled again, and it made a difference");
        }
    }
}
