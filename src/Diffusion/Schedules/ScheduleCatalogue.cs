using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Diffusion.Schedules;

/// <summary>Every noise schedule by name. Adding one: one file and one line here.</summary>
public static class ScheduleCatalogue
{
    private static readonly FrozenDictionary<string, Func<int, NoiseSchedule>> Factories =
        new Dictionary<string, Func<int, NoiseSchedule>>
        {
            ["linear"] = LinearSchedule.Raw,
            ["linear-scaled"] = LinearSchedule.Scaled,
            ["cosine"] = CosineSchedule.Improved,
            ["cosine-floored"] = CosineSchedule.Floored,
            ["cosine-logsnr"] = CosineSchedule.LogRatio,
            ["quadratic"] = EarlySchedules.Quadratic,
            ["constant"] = EarlySchedules.Constant,
            ["warmup10"] = EarlySchedules.WarmUpTenth,
            ["warmup50"] = EarlySchedules.WarmUpHalf,
            ["vp-sde"] = VariancePreservingSde.Create,
            ["sigmoid"] = SigmoidSchedule.Create,
            [VarianceExplodingSchedule.Name] = VarianceExplodingSchedule.Create,
        }.ToFrozenDictionary();

    private const int MaxMade = 64;

    // immutable, and every request of a model needs the one of its model
    private static readonly ConcurrentDictionary<(string Name, int Steps), NoiseSchedule> Made = new();

    /// <summary>The known names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Factories.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The named schedule with T steps.</summary>
    /// <exception cref="ArgumentException">Unknown name, or a T that the schedule cannot have.</exception>
    public static NoiseSchedule Create(string name, int steps)
    {
        if (Made.TryGetValue((name, steps), out var made)) return made;
        if (!Factories.TryGetValue(name, out var create))
            throw new ArgumentException($"Unknown schedule '{name}'; known: {string.Join(", ", Names)}.", nameof(name));
        if (Made.Count >= MaxMade) Made.Clear();
        return Made[(name, steps)] = create(steps);
    }
}
