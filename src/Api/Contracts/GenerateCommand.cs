using Diffusion.Api.Pictures;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>A request as it was read: what to generate, and how it shall leave.</summary>
/// <param name="Request">For the engine.</param>
/// <param name="Format">The format asked for by name; null leaves it to Accept.</param>
/// <param name="Scale">Whole-number magnification by nearest neighbour, 1..16.</param>
internal sealed record GenerateCommand(GenerationRequest Request, PictureFormat? Format, int Scale)
{
    /// <summary>The frames that were asked for; null if nothing was said of them.</summary>
    public FrameOptions? Frames { get; init; }

    /// <summary>The request for an answer of that format: one that shows frames has all of them kept unless some were chosen.</summary>
    public GenerationRequest RequestFor(PictureFormat? format) =>
        format is { NeedsFrames: true } && Request.Record is null ? Request with { Record = new FrameOptions() } : Request;
}
