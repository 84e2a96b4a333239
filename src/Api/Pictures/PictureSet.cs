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
    /// <summary>Of a WebP file; other formats take more.</summary>
    private const int MaxWidth = 16383;

    // noise from -3 to 3 deviations is shown from black to white
    private const float NoiseRange = 3;

    private readonly Lazy<IReadOnlyList<Picture>> pictures = new(() => [.. Enumerable.Range(0, Result.Count).Select(i => Cut(Facts, Result, Scale, Result.Values, i))]);

    /// <summary>Each picture, magnified.</summary>
    public IReadOnlyList<Picture> Pictures => pictures.Value;

    /// <summary>All of them on one.</summary>
    public Picture Sheet() => Arrange(Pictures);

    /// <summary>The kept frames.</summary>
    /// <exception cref="RequestRefusedException">There are none.</exception>
    public Trajectory Frames => Result.Trajectory ?? throw new RequestRefusedException(
        ProblemCatalogue.FramesNotKept, $"Generation {Facts.Id} kept no frames; send the request with frames=all, every:N or steps:a,b,c.");

    /// <summary>A sheet of every kept frame; of x_t, or of the x_0 estimate where t never moves, for there x_t stands still too.</summary>
    /// <exception cref="RequestRefusedException">No frames were kept.</exception>
    public IReadOnlyList<Picture> Film()
    {
        var kept = Frames;
        var stands = kept.Times.Count > 1 && kept.Times.All(t => t == kept.Times[0]);
        var values = (stands ? kept.Clean : kept.Noisy) ?? kept.Clean ?? kept.Noisy ?? kept.Memory!;
        return [.. Enumerable.Range(0, kept.Steps.Count).Select(frame =>
            Arrange([.. Enumerable.Range(0, Result.Count).Select(i => Cut(values, frame * Result.Count + i))]))];
    }

    /// <summary>One picture of an array [..., C, H, W], magnified.</summary>
    public Picture Cut(float[] values, int index) => Cut(Facts, Result, Scale, values, index);

    /// <summary>What is told beside the pictures.</summary>
    /// <param name="image">Of a picture.</param>
    public GenerateResponse Describe(Func<int, GeneratedImage> image) => new(
        Facts.Id, PictureParcel.NameOf(Facts), Facts.Sampler, Facts.Steps,
        Facts.Seed.ToString(CultureInfo.InvariantCulture), Facts.Guidance, Facts.Determinism,
        Pictures[0].Width, Pictures[0].Height, Pictures[0].Channels, Result.QueueMilliseconds, Result.SampleMilliseconds,
        [.. Enumerable.Range(0, Result.Count).Select(i => image(i) with
        {
            Noise = StartFigures.Noise(Facts, Result, i),
            Error = StartFigures.Error(Facts, Result, i),
            Original = StartFigures.Original(Facts, Result, i) is { } original ? ImageEncoder.Encode(original, "png") : null,
        })])
    {
        Kind = Facts.Kind,
    };

    // a strip shows a way best, as far as files can be that wide
    private Picture Arrange(IReadOnlyList<Picture> sheet) => ImageGrid.Arrange(
        sheet, columns: Facts.Kind == GenerationKind.Interpolation && sheet.Count * (sheet[0].Width + 2) <= MaxWidth ? sheet.Count : null);

    private static Picture Cut(GenerationFacts facts, GenerationResult result, int scale, float[] values, int index)
    {
        var size = result.Channels * result.Height * result.Width;
        var planes = values.AsSpan(index * size, size);
        if (facts.Kind == GenerationKind.Inversion)
        {
            planes = planes.ToArray();
            foreach (ref var value in planes) value /= NoiseRange;
        }
        return Picture.FromPlanes(planes, result.Width, result.Height, result.Channels).Magnify(scale);
    }
}
