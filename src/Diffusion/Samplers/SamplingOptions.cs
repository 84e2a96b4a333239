using System.Globalization;

namespace Diffusion.Samplers;

/// <summary>The checked options of one request for one sampler.</summary>
public sealed class SamplingOptions
{
    private readonly Dictionary<string, string> values;

    /// <summary>Checks a step count and named values against what <paramref name="sampler"/> declares.</summary>
    /// <param name="sampler">The sampler that will compile them.</param>
    /// <param name="steps">Network evaluations, at least 1; the sampler checks the upper end against the model.</param>
    /// <param name="given">Values by option name; what is missing takes its default.</param>
    /// <exception cref="SamplingOptionException">The first value that is unknown or out of range.</exception>
    public SamplingOptions(ISampler sampler, int steps, IReadOnlyDictionary<string, string>? given = null)
    {
        if (steps < 1) throw new SamplingOptionException("steps", $"steps must be at least 1, got {steps}.");
        Steps = steps;
        values = sampler.Options.ToDictionary(o => o.Name, o => o.Default, StringComparer.Ordinal);
        foreach (var (name, value) in given ?? new Dictionary<string, string>())
        {
            var option = sampler.Options.FirstOrDefault(o => o.Name == name)
                ?? throw new SamplingOptionException(name, $"Sampler '{sampler.Name}' has no option '{name}'; it has: {Known(sampler)}.");
            if (!option.Accepts(value)) throw new SamplingOptionException(name, $"{name} must be {option.Allowed}, got '{value}'.");
            values[name] = value;
        }
    }

    /// <summary>Network evaluations per sample asked for.</summary>
    public int Steps { get; }

    /// <summary>The value of a number option.</summary>
    public double Number(SamplerOption option) => double.Parse(values[option.Name], CultureInfo.InvariantCulture);

    /// <summary>The value of a choice option.</summary>
    public string Choice(SamplerOption option) => values[option.Name];

    private static string Known(ISampler sampler) =>
        sampler.Options.Count == 0 ? "none" : string.Join(", ", sampler.Options.Select(o => o.Name));
}
