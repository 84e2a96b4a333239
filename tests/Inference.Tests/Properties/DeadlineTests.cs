using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 6. Deadlines: on a device that the cost model knows, none that was promised is missed; what cannot be kept is refused
/// at admission, and what a refusal says can be promised is accepted.
/// </summary>
public sealed class DeadlineTests
{
    [Fact]
    public void EveryPromise_IsKeptAndNoneIsGivenInVain() => Property.Holds(Scripts.Promised, Law);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        if (world.Reported(Laws.Deadline) is { } seen) throw new Violation(Laws.Deadline, seen);
        foreach (var told in world.Accepted)
        {
            if (told.Due is not { } due) continue;
            var alone = told.Ask.Steps * (world.Setting.TickMs + told.Ask.RowsPerStep * world.Setting.RowMs);
            Violation.Unless(told.AskedAt + alone <= due + 1e-6, Laws.Deadline, () => $"{told} was promised in {due - told.AskedAt} ms, and takes {alone}");
            Violation.Unless(
                told.Generation.State == GenerationState.Succeeded && told.Ended!.Value.At <= due + 1e-6, Laws.Deadline,
                () => $"{told} was promised by {due} ms and ended at {told.Ended?.At}");
        }
    }
}
