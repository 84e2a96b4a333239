using System.Numerics;
using System.Runtime.InteropServices;

namespace Diffusion.Training.Evaluation;

/// <summary>
/// How far each of some images is from the nearest of others, root mean square over the pixels: samples that were learnt by heart
/// are nearer to a training image than unseen real images are.
/// </summary>
/// <param name="images">One after the other.</param>
/// <param name="pixels">Numbers in an image.</param>
internal sealed class NearestImage(float[] images, int pixels)
{
    private readonly double[] nearest = [.. Enumerable.Repeat(double.PositiveInfinity, images.Length / pixels)];

    /// <summary>Root mean square distance of each image; infinite before anything was shown.</summary>
    public IReadOnlyList<double> Distances => [.. nearest.Select(n => Math.Sqrt(n / pixels))];

    /// <summary>Compares all images with one more.</summary>
    public void Show(ReadOnlySpan<float> other)
    {
        for (var i = 0; i < nearest.Length; i++)
        {
            var image = images.AsSpan(i * pixels, pixels);
            // float32 finds the candidates, float64 tells how far they are
            if (Fast(image, other) <= nearest[i] * (1 + 1e-4)) nearest[i] = Math.Min(nearest[i], Exact(image, other));
        }
    }

    private static float Fast(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var fast = MemoryMarshal.Cast<float, Vector<float>>(a);
        var others = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < fast.Length; i++)
        {
            var apart = fast[i] - others[i];
            sums += apart * apart;
        }
        var sum = Vector.Sum(sums);
        for (var i = fast.Length * Vector<float>.Count; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    private static double Exact(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            var apart = (double)a[i] - b[i];
            sum += apart * apart;
        }
        return sum;
    }
}
