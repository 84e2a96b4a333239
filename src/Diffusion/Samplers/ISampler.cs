namespace Diffusion.Samplers;

/// <summary>A sampling algorithm, as a table of rows. Stateless; one instance serves every request.</summary>
public interface ISampler
{
    /// <summary>The name in requests, such as <c>ddim</c>.</summary>
    string Name { get; }

    /// <summary>One sentence for people: what it does.</summary>
    string Summary { get; }

    /// <summary>Authors, year and short name of the paper.</summary>
    string Paper { get; }

    /// <summary>Which equations or algorithm of it.</summary>
    string Equations { get; }

    /// <summary>In which case it is the one to take.</summary>
    string UseWhen { get; }

    /// <summary>Paper and equation or algorithm.</summary>
    string Reference => $"{Paper}, {Equations}";

    /// <summary>The options beyond the step count, with ranges and defaults.</summary>
    IReadOnlyList<SamplerOption> Options { get; }

    /// <summary>Whether a classifier can guide it.</summary>
    bool TakesClassifier => true;

    /// <summary>Why this sampler cannot serve such a model, or null if it can.</summary>
    string? Refuses(DenoiserTraits model) => model.Prediction == Prediction.Consistency
        ? $"{Name} needs the mean of the images that x_t can come from, and a model trained for consistency says one of them." : null;

    /// <summary>The rows of one request.</summary>
    /// <exception cref="SamplingOptionException">The step count or an option does not fit the model.</exception>
    SamplerTable Compile(DenoiserTraits model, SamplingOptions options);
}
