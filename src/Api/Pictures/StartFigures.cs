using System.Globalization;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Diffusion.Noise;

namespace Diffusion.Api.Pictures;

/// <summary>What is measured of pictures that began at images: the statistics of an x_T, the error of a reconstruction.</summary>
internal static class StartFigures
{
    /// <summary>Statistics of an inverted image; null for other kinds.</summary>
    public static NoiseStatistics? Noise(GenerationFacts generation, GenerationResult result, int picture) =>
        generation.Kind == GenerationKind.Inversion ? NoiseStatistics.Of(result.ValuesOf(picture)) : null;

    /// <summary>Error of a reconstruction; null for other kinds.</summary>
    public static PictureError? Error(GenerationFacts generation, GenerationResult result, int picture)
    {
        if (Original(generation, result, picture) is not { } original) return null;
        var values = new float[original.Pixels.Length];
        Pixels.Separate(original.Pixels, original.Channels, values);
        return PictureError.Between(values, result.ValuesOf(picture));
    }

    /// <summary>The image that was reconstructed, as the model saw it; null for other kinds.</summary>
    public static Picture? Original(GenerationFacts generation, GenerationResult result, int picture) =>
        generation.Kind == GenerationKind.Reconstruction && generation.Starts[picture] is ImageStart start
            ? new Picture(start.Pixels, result.Width, result.Height, result.Channels)
            : null;

    /// <summary>The figures of all pictures as headers, a comma between two pictures.</summary>
    public static IEnumerable<(string Name, string Value)> Headers(GenerationFacts generation, GenerationResult result)
    {
        var pictures = Enumerable.Range(0, result.Count).ToArray();
        switch (generation.Kind)
        {
            case GenerationKind.Inversion:
                yield return ("X-Noise-Mean", List(i => Noise(generation, result, i)!.Mean));
                yield return ("X-Noise-Deviation", List(i => Noise(generation, result, i)!.Deviation));
                break;
            case GenerationKind.Reconstruction:
                yield return ("X-Rmse", List(i => Error(generation, result, i)!.Rmse));
                yield return ("X-Psnr", List(i => Error(generation, result, i)!.Psnr ?? double.PositiveInfinity));
                break;
        }

        string List(Func<int, double> figure) => string.Join(", ", pictures.Select(i => figure(i).ToString("0.####", CultureInfo.InvariantCulture)));
    }
}
