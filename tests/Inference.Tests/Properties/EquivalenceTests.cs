using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 2. Equivalence: a result is to the bit what the request gives alone, whatever the interleaving, the neighbours, a
/// batch that was split, a model that came and went, or a service that began again.
/// </summary>
public sealed class EquivalenceTests
{
    [Fact]
    public void EveryResult_IsThatOfTheSequentialReference() => Property.Holds(Scripts.Any, Law);

    [Fact]
    public void EveryResult_IsTheSameAfterARestart() => Property.Holds(Scripts.Calm, AfterRestart);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        foreach (var told in world.Accepted) Check(told.Generation, told.Generation);
    }

    // what an earlier process had accepted is asked for again as it was resolved then, in another order and beside others
    private static void AfterRestart(Script script, Parts parts)
    {
        using var before = new World(script, parts).Play();
        using var after = new AnalyticRig(SharedModels.Folder, device => device, _ => { }, ("MaxBatchRows", 7));
        var resumed = before.Accepted.AsEnumerable().Reverse().Select((t, i) =>
        {
            var again = after.Service.Resume(t.Generation.Id, t.Generation.Request.Resolved);
            after.Watcher.LoadWanted();
            if (i % 3 == 0) after.Engine.Tick();
            return (t.Generation, again);
        }).ToArray();
        after.RunAll();
        foreach (var (first, again) in resumed) Check(first, again);
    }

    private static void Check(Generation asked, Generation done)
    {
        if (done.State != GenerationState.Succeeded) return;
        var (expected, got) = (AnalyticReference.Of(asked), Rig.Result(done).Values);
        Violation.Unless(
            expected.AsSpan().SequenceEqual(got), Laws.Equivalence,
            () => $"request {asked.Seed} gave {string.Join(' ', got.Take(8))}, and alone it gives {string.Join(' ', expected.Take(8))}");
    }
}
