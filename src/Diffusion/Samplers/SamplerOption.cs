using System.Globalization;

namespace Diffusion.Samplers;

/// <summary>An option that a sampler declares: a number in a range, or one of some words. Self-describing for APIs.</summary>
public sealed record SamplerOption
{
    private SamplerOption(string name, string fallback, string description) => (Name, Default, Description) = (name, fallback, description);

    /// <summary>The name in requests, lower case.</summary>
    public string Name { get; }

    /// <summary>The value when none is given, as text.</summary>
    public string Default { get; }

    /// <summary>One sentence for people.</summary>
    public string Description { get; }

    /// <summary>The allowed words, or null for a number.</summary>
    public IReadOnlyList<string>? Choices { get; private init; }

    /// <summary>Smallest allowed number.</summary>
    public double Minimum { get; private init; }

    /// <summary>Largest allowed number.</summary>
    public double Maximum { get; private init; }

    /// <summary>A real number from <paramref name="minimum"/> to <paramref name="maximum"/>, both allowed.</summary>
    public static SamplerOption Number(string name, double fallback, double minimum, double maximum, string description) =>
        new(name, fallback.ToString("R", CultureInfo.InvariantCulture), description) { Minimum = minimum, Maximum = maximum };

    /// <summary>One of <paramref name="choices"/>; the first is the default.</summary>
    public static SamplerOption Choice(string name, IReadOnlyList<string> choices, string description) =>
        new(name, choices[0], description) { Choices = choices };

    /// <summary>What may be written, for messages: <c>0..1</c> or <c>a, b</c>.</summary>
    public string Allowed => Choices is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Minimum}..{Maximum}")
        : string.Join(", ", Choices);

    /// <summary>Whether <paramref name="value"/> is allowed.</summary>
    public bool Accepts(string value) => Choices is null
        ? double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= Minimum && number <= Maximum
        : Choices.Contains(value, StringComparer.Ordinal);
}
