using System.Globalization;
using Diffusion.Checkpoints;

namespace Diffusion.Inference.Jobs;

/// <summary>What is told of a generation beside its pictures; enough to make them again, with its labels.</summary>
/// <param name="Id">The generation.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Model">Model name.</param>
/// <param name="Version">The version that was resolved at acceptance.</param>
/// <param name="Sampler">Sampler name.</param>
/// <param name="Steps">Network evaluations per picture on the way down, guidance not counted; a way up has as many.</param>
/// <param name="Seed">The seed, drawn if the caller gave none.</param>
/// <param name="Guidance">Guidance scale; 1 is none.</param>
/// <param name="Determinism">How exactly the seed fixes the pictures.</param>
/// <param name="Starts">See <see cref="GenerationRequest.Starts"/>.</param>
public sealed record GenerationFacts(
    string Id, GenerationKind Kind, string Model, int Version, string Sampler, int Steps, ulong Seed, double Guidance, Determinism Determinism,
    IReadOnlyList<PictureStart> Starts)
{
    /// <summary>Those of a request with every default filled in.</summary>
    internal static GenerationFacts Of(string id, GenerationRequest resolved)
    {
        var (model, version) = CheckpointNames.Split(resolved.Model!);
        return new GenerationFacts(
            id, resolved.Kind, model, int.Parse(version!, CultureInfo.InvariantCulture),
            resolved.Sampler!, resolved.Steps!.Value, resolved.Seed!.Value, resolved.Guidance!.Value, resolved.Determinism, resolved.Starts);
    }
}
