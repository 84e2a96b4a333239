using Diffusion.Noise;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Loop;

/// <summary>
/// Changes training images: mirrored, brightness, contrast, turned, in this order. Every draw comes from (seed, image,
/// step). Images are planes of numbers in [-1, 1], square.
/// </summary>
/// <param name="settings">What is done, and how much.</param>
/// <param name="seed">Key of the draws.</param>
/// <param name="size">Height and width.</param>
internal sealed class Augmentation(AugmentationSettings settings, ulong seed, int size)
{
    private static readonly double[] Luma = [0.299, 0.587, 0.114];

    /// <summary>Changes the image in place; says whether it was mirrored.</summary>
    public bool Apply(uint image, uint step, Span<float> planes)
    {
        Span<double> draws = stackalloc double[4];
        SeededNoise.Uniform(seed, image, step, NoisePurpose.Augmentation, draws);
        var mirrored = draws[0] < settings.Flip;
        if (mirrored) Mirror(planes, size);
        if (settings.Brightness > 0 || settings.Contrast > 0)
            Colour(planes, size, 1 + (2 * draws[1] - 1) * settings.Brightness, 1 + (2 * draws[2] - 1) * settings.Contrast);
        if (settings.Rotate > 0) Turn(planes, size, (2 * draws[3] - 1) * settings.Rotate * Math.PI / 180);
        return mirrored;
    }

    /// <summary>Left to right, in place; twice is nothing.</summary>
    public static void Mirror(Span<float> planes, int size)
    {
        for (var row = 0; row < planes.Length; row += size) planes.Slice(row, size).Reverse();
    }

    /// <summary>In 0..1: v' = b v, then m + c (v' - m) about the mean grey m of the picture; each clipped.</summary>
    public static void Colour(Span<float> planes, int size, double brightness, double contrast)
    {
        foreach (ref var value in planes) value = (float)Math.Clamp(brightness * (value + 1) / 2, 0, 1);
        var mean = MeanGrey(planes, size * size);
        foreach (ref var value in planes) value = (float)(2 * Math.Clamp(mean + contrast * (value - mean), 0, 1) - 1);
    }

    private static double MeanGrey(ReadOnlySpan<float> planes, int area)
    {
        var sum = 0.0;
        var channels = planes.Length / area;
        for (var i = 0; i < planes.Length; i++) sum += planes[i] * (channels == 3 ? Luma[i / area] : 1.0 / channels);
        return sum / area;
    }

    /// <summary>About the middle by <paramref name="angle"/> radians, bilinear; beyond the edge lies the picture reflected, so that no ground comes in.</summary>
    public static void Turn(Span<float> planes, int size, double angle)
    {
        var source = planes.ToArray();
        var (sin, cos) = Math.SinCos(angle);
        var middle = (size - 1) / 2.0;
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
            {
                var (u, v) = (cos * (x - middle) + sin * (y - middle) + middle, -sin * (x - middle) + cos * (y - middle) + middle);
                var (left, top) = ((int)Math.Floor(u), (int)Math.Floor(v));
                var (right, below) = (u - left, v - top);
                var (row, next) = (Reflected(top, size) * size, Reflected(top + 1, size) * size);
                var (column, beside) = (Reflected(left, size), Reflected(left + 1, size));
                for (var plane = 0; plane < planes.Length; plane += size * size)
                {
                    var upper = (1 - right) * source[plane + row + column] + right * source[plane + row + beside];
                    var lower = (1 - right) * source[plane + next + column] + right * source[plane + next + beside];
                    planes[plane + y * size + x] = (float)((1 - below) * upper + below * lower);
                }
            }
    }

    // ... 2 1 | 0 1 2 ... n-1 | n-2 n-3 ...: the edge itself is not repeated
    private static int Reflected(int i, int size)
    {
        if (size == 1) return 0;
        var period = 2 * (size - 1);
        i = (i % period + period) % period;
        return i < size ? i : period - i;
    }
}
