using System.Globalization;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Pictures;

/// <summary>The pictures of a generation on their way into a file.</summary>
/// <param name="Facts">Whose they are.</param>
/// <param name="Result">Their values.</param>
/// <param name="Scale">Every pixel of an image file is a square of so many; arrays are not magnified.</param>
internal sealed record PictureSet(GenerationFacts Facts, GenerationResult Result, int Scale)
{
    /// <summary>Each picture, magnified.</summary>
    public IReadOnlyList<Picture> Pictures { get; } = [.. Enumerable.Range(0, Result.Count).Select(i => Cut(Result.Values, i, Result, Scale))];

    /// <summary>All of them on one.</summary>
    public Picture Sheet() => ImageGrid.Arrange(Pictures);

    /// <summary>A sheet of every kept frame; of x_t, or of the x_0 estimate where t never moves, for there x_t stands still too.</summary>
    /// <exception cref="RequestRefusedException">No frames were kept.</exception>
    public IReadOnlyList<Picture> Film()
    {
        var kept = Result.Trajectory ?? throw new RequestRefusedException(
            ProblemCatalogue.FramesNotKept, $"Generation {Facts.Id} kept no frames; send the request with frames=all, every:N or steps:a,b,c.");
        var stands = kept.Times.Count > 1 && kept.Times.All(t => t == kept.Times[0]);
        var values = (stands ? kept.Clean : kept.Noisy) ?? kept.Clean ?? kept.Noisy ?? kept.Memory!;
        return [.. Enumerable.Range(0, kept.Steps.Count).Select(frame =>
            ImageGrid.Arrange([.. Enumerable.Range(0, Result.Count).Select(i => Cut(values, frame * Result.Count + i, Result, Scale))]))];
    }

    /// <summary>One picture of an array [..., C, H, W].</summary>
    public static Picture Cut(float[] values, int index, GenerationResult result, int scale)
    {
        var size = result.Channels * result.Height * result.Width;
        return Picture.FromPlanes(values.AsSpan(index * size, size), result.Width, result.Height, result.Channels).Magnify(scale);
    }

    /// <summary>What is told beside the pictures.</summary>
    /// <param name="image">Of a picture.</param>
    public GenerateResponse Describe(Func<int, GeneratedImage> image) => new(
        Facts.Id, PictureParcel.NameOf(Facts), Facts.Sampler, Facts.Steps,
        Facts.Seed.ToString(CultureInfo.InvariantCulture), Facts.Guidance,
        Pictures[0].Width, Pictures[0].Height, Pictures[0].Channels, Result.QueueMilliseconds, Result.SampleMilliseconds,
        [.. Enumerable.Range(0, Result.Count).Select(image)]);
}
