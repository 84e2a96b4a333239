namespace Diffusion.Training.EvaluationJobs;

/// <summary>Pictures that are wanted from whoever serves the model. Picture i of a seed is the same, however they are asked for.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sampler">Sampler of the catalogue.</param>
/// <param name="Steps">Network evaluations a picture.</param>
/// <param name="Options">Sampler options by name.</param>
/// <param name="Guidance">Scale of classifier-free guidance; 1 is none.</param>
/// <param name="Seed">Key of all noise.</param>
/// <param name="First">Number of the first picture in the noise of the seed.</param>
/// <param name="Labels">The label of each; empty for a model without.</param>
/// <param name="Count">How many.</param>
public sealed record SampleOrder(
    string Model, int Version, string Sampler, int Steps, IReadOnlyDictionary<string, string> Options, double Guidance, ulong Seed, int First, IReadOnlyList<int> Labels, int Count)
{
    /// <summary>What steers them besides.</summary>
    public Steering Steering { get; init; } = Steering.None;
}

/// <summary>Draws pictures, [N, C, H, W] in about [-1, 1], behind everybody else who wants some.</summary>
/// <exception cref="Evaluation.EvaluationException">They cannot be drawn; the message says why.</exception>
public delegate Task<float[]> DrawSamples(SampleOrder order, CancellationToken stop);
