namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 4. Work conservation: the engine does not rest while a row could run, and a tick is full as far as there are rows:
/// up to the cap, or to the knee while somebody waits for it, but for one row where a pair did not fit.
/// </summary>
public sealed class WorkConservationTests
{
    [Fact]
    public void EveryTick_RunsWhatCanRun() => Property.Holds(Scripts.Any, Law);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        if (world.Reported(Laws.WorkConservation) is { } seen) throw new Violation(Laws.WorkConservation, seen);
        foreach (var tick in world.Ticks)
        {
            if (tick.Lane is not { } lane) continue;
            var (fit, cap) = tick.Costs(lane);
            var most = tick.IsHurried ? Math.Min(cap, fit.Knee(cap)) : cap;
            // who was told in this tick that its deadline cannot be kept any more did not want to run
            var wanted = tick.Waiting.Where(w => w.Told.Generation.Lane == lane && !HasLeft(w.Told, tick)).Sum(w => w.Told.Generation.Request.Cost);
            Violation.Unless(
                tick.Evaluations >= Math.Min(most, wanted) - 1, Laws.WorkConservation,
                () => $"the tick at {tick.Start} ms had {tick.Evaluations} rows of {wanted} that wanted to run, and room for {most}");
            Violation.Unless(
                tick.Evaluations <= Math.Max(2, cap), Laws.WorkConservation, () => $"the tick at {tick.Start} ms had {tick.Evaluations} rows, and room for {cap}");
        }
    }

    private static bool HasLeft(Told told, TickNote tick) => told.Ended?.Tick == tick.Number + 1 && tick.Planned.All(r => r.Seed != told.Ask.Seed);
}
