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
            ["sigmoid"] = SigmoidSchedule.Create,
        }.ToFrozenDictionary();

    /// <summary>The known names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Factories.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes the named schedule with T steps.</summary>
    /// <exception cref="ArgumentException">Unknown name, or a T that the schedule cannot have.</exception>
    public static NoiseSchedule Create(string name, int steps) =>
        Factories.TryGetValue(name, out var create)
            ? create(steps)
            : throw new ArgumentException($"Unknown schedule '{name}'; known: {string.Join(", ", Names)}.", nameof(name));
}
