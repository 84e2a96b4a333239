using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Diffusion.Noise;

namespace Diffusion.Api.Contracts;

/// <summary>A finished generation: what was made, and all that is needed to make it again.</summary>
/// <param name="Id">The generation.</param>
/// <param name="Model">Model and version, such as <c>digits-ddpm@3</c>; valid as the field <c>model</c>.</param>
/// <param name="Sampler">Sampler.</param>
/// <param name="Steps">Network evaluations per picture on the way down, guidance not counted.</param>
/// <param name="Seed">The seed as text, because JavaScript rounds numbers above 2^53; the field <c>seed</c> accepts it as it is.</param>
/// <param name="Guidance">Classifier-free guidance scale.</param>
/// <param name="Determinism">How exactly the seed fixes the pictures.</param>
/// <param name="Width">Width of each picture in pixels, scale included.</param>
/// <param name="Height">Height of each picture in pixels, scale included.</param>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="QueueMilliseconds">From acceptance to the first batch.</param>
/// <param name="SampleMilliseconds">From the first batch to the last.</param>
/// <param name="Images">The pictures in order.</param>
internal sealed record GenerateResponse(
    string Id, string Model, string Sampler, int Steps, string Seed, double Guidance, Determinism Determinism, int Width, int Height, int Channels,
    double QueueMilliseconds, double SampleMilliseconds, IReadOnlyList<GeneratedImage> Images)
{
    /// <summary>What was made.</summary>
    public GenerationKind Kind { get; init; }
}

/// <summary>One picture.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Label">Its class, or null.</param>
/// <param name="Png">The picture as base64 PNG; in a zip archive null, see <paramref name="File"/>.</param>
/// <param name="File">Its name in a zip archive.</param>
internal sealed record GeneratedImage(int Index, int? Label, byte[]? Png, string? File = null)
{
    /// <summary>Of an inversion: mean and deviation of x_T.</summary>
    public NoiseStatistics? Noise { get; init; }

    /// <summary>Of a reconstruction: how far it is from its original.</summary>
    public PictureError? Error { get; init; }

    /// <summary>Of a reconstruction: the original as the model saw it, base64 PNG.</summary>
    public byte[]? Original { get; init; }
}
