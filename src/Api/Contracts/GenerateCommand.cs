using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>A request as it was read: what to generate, and how it shall leave.</summary>
/// <param name="Request">For the engine.</param>
/// <param name="Format">The format asked for by name; null leaves it to Accept.</param>
/// <param name="Scale">Whole-number magnification by nearest neighbour, 1..16.</param>
internal sealed record GenerateCommand(GenerationRequest Request, PictureFormat? Format, int Scale);
