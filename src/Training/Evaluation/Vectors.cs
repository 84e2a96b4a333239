using System.Numerics;
using System.Runtime.InteropServices;

namespace Diffusion.Training.Evaluation;

/// <summary>Feature vectors of one width, one after the other, and the distances between them.</summary>
/// <param name="Values">Count x width numbers.</param>
/// <param name="Width">Numbers in a vector.</param>
internal sealed record Vectors(double[] Values, int Width)
{
    public int Count => Values.Length / Width;

    public ReadOnlySpan<double> this[int index] => Values.AsSpan(index * Width, Width);

    /// <summary>
    /// Squared Euclidean distance. Computed from the differences, so that it is the same both ways and 0 for equal vectors: the
    /// comparisons of nearest-neighbour balls hang on ties.
    /// </summary>
    public static double SquaredDistance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var fast = MemoryMarshal.Cast<double, Vector<double>>(a);
        var others = MemoryMarshal.Cast<double, Vector<double>>(b);
        var sums = Vector<double>.Zero;
        for (var i = 0; i < fast.Length; i++)
        {
            var apart = fast[i] - others[i];
            sums += apart * apart;
        }
        var sum = Vector.Sum(sums);
        for (var i = fast.Length * Vector<double>.Count; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }

    /// <summary>Squared distance of each vector to its k-th nearest other one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not more than <paramref name="k"/> vectors.</exception>
    public double[] SquaredRadii(int k, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Count, k);
        var (radii, distances) = (new double[Count], new double[Count]);
        for (var i = 0; i < Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            for (var j = 0; j < Count; j++) distances[j] = SquaredDistance(this[i], this[j]);
            distances[i] = double.PositiveInfinity; // it is not its own neighbour
            Array.Sort(distances);
            radii[i] = distances[k - 1];
        }
        return radii;
    }
}
