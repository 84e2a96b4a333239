using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 9. Metamorphic: the same requests in another order give the same results, and a request for twice as many pictures
/// gives those of the smaller one first.
/// </summary>
public sealed class MetamorphicTests
{
    [Fact]
    public void EveryOrder_GivesTheSameResults() => Property.Holds(Scripts.Calm, Law);

    internal static void Law(Script script, Parts parts)
    {
        var results = Results(script, parts);
        Compare(results, Results(Reorder(script), parts), "in another order");
        Compare(results, Results(Double(script), parts), "with twice the pictures");
    }

    private static void Compare(Dictionary<ulong, float[]> results, Dictionary<ulong, float[]> others, string how)
    {
        foreach (var (seed, values) in results)
            Violation.Unless(
                others.TryGetValue(seed, out var other) && values.AsSpan().SequenceEqual(other.AsSpan(0, Math.Min(values.Length, other.Length))), Laws.Metamorphic,
                () => $"request {seed} gave something else {how}");
    }

    // what is asked changes places, the times stay
    private static Script Reorder(Script script)
    {
        var asks = script.Asks.Reverse().ToArray();
        return script with { Happenings = [.. script.Asks.Select((a, i) => asks[i] with { After = a.After })] };
    }

    private static Script Double(Script script) => script with { Happenings = [.. script.Asks.Select(a => a with { Count = 2 * a.Count })] };

    private static Dictionary<ulong, float[]> Results(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        return world.Accepted.Where(t => t.Generation.State == GenerationState.Succeeded).ToDictionary(t => t.Ask.Seed, t => Rig.Result(t.Generation).Values);
    }
}
