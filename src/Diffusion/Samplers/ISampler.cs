namespace Diffusion.Samplers;

/// <summary>A sampling algorithm, as a table of rows. Stateless; one instance serves every request.</summary>
public interface ISampler
{
    /// <summary>The name in requests, such as <c>ddim</c>.</summary>
    string Name { get; }

    /// <summary>One sentence for people: what it does and when to use it.</summary>
    string Summary { get; }

    /// <summary>Paper and equation or algorithm.</summary>
    string Reference { get; }

    /// <summary>The options beyond the step count, with ranges and defaults.</summary>
    IReadOnlyList<SamplerOption> Options { get; }

    /// <summary>Whether a classifier can guide it.</summary>
    bool TakesClassifier => true;

    /// <summary>Why this sampler cannot serve such a model, or null if it can.</summary>
    string? Refuses(DenoiserTraits model) => null;

    /// <summary>The rows of one request.</summary>
    /// <exception cref="SamplingOptionException">The step count or an option does not fit the model.</exception>
    SamplerTable Compile(DenoiserTraits model, SamplingOptions options);
}
