namespace Diffusion.Inference.Jobs;

/// <summary>What is told of a generation beside its pictures; enough to make them again, with its labels.</summary>
/// <param name="Id">The generation.</param>
/// <param name="Model">Model name.</param>
/// <param name="Version">The version that was resolved at acceptance.</param>
/// <param name="Sampler">Sampler name.</param>
/// <param name="Steps">Network evaluations per picture, guidance not counted.</param>
/// <param name="Seed">The seed, drawn if the caller gave none.</param>
/// <param name="Guidance">Guidance scale; 1 is none.</param>
public sealed record GenerationFacts(string Id, string Model, int Version, string Sampler, int Steps, ulong Seed, double Guidance);
