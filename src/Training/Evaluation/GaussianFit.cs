using System.Numerics;
using System.Runtime.InteropServices;

namespace Diffusion.Training.Evaluation;

/// <summary>Mean and unbiased covariance of feature vectors, in float64.</summary>
internal sealed class GaussianFit
{
    /// <param name="features">Vectors of <paramref name="width"/> numbers, one after the other; at least two.</param>
    /// <param name="width">Numbers in a vector.</param>
    public GaussianFit(ReadOnlySpan<double> features, int width)
    {
        var count = features.Length / width;
        if (count < 2) throw new ArgumentException($"A covariance needs at least two vectors, got {count}.", nameof(features));
        (Mean, Covariance) = (new double[width], new double[width, width]);
        for (var i = 0; i < count * width; i++) Mean[i % width] += features[i] / count;
        var centred = new double[width];
        for (var k = 0; k < count; k++)
        {
            for (var i = 0; i < width; i++) centred[i] = features[k * width + i] - Mean[i];
            for (var i = 0; i < width; i++) AddScaled(Row(Covariance, i)[..(i + 1)], centred, centred[i]);
        }
        for (var i = 0; i < width; i++)
            for (var j = 0; j <= i; j++) Covariance[i, j] = Covariance[j, i] = Covariance[i, j] / (count - 1);
    }

    public GaussianFit(double[] mean, double[,] covariance) => (Mean, Covariance) = (mean, covariance);

    public double[] Mean { get; }

    public double[,] Covariance { get; }

    /// <summary>
    /// The Fréchet distance |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson and Landau 1982), the squared
    /// 2-Wasserstein distance of the two Gaussians; the last trace as that of (S1^(1/2) S2 S1^(1/2))^(1/2), which
    /// stays symmetric for singular covariances.
    /// </summary>
    public double FrechetDistance(GaussianFit other)
    {
        var n = Mean.Length;
        double distance = 0;
        for (var i = 0; i < n; i++)
        {
            var apart = Mean[i] - other.Mean[i];
            distance += apart * apart + Covariance[i, i] + other.Covariance[i, i];
        }
        var root = SquareRoot(Covariance);
        var product = Multiply(Multiply(root, other.Covariance), root);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) product[i, j] = product[j, i] = 0.5 * (product[i, j] + product[j, i]);
        foreach (var value in SymmetricEigen.Decompose(product).Values) distance -= 2 * Math.Sqrt(Math.Max(0, value));
        return distance;
    }

    private static double[,] SquareRoot(double[,] matrix)
    {
        var (values, vectors) = SymmetricEigen.Decompose(matrix);
        var n = values.Length;
        var (root, column) = (new double[n, n], new double[n]);
        for (var k = 0; k < n; k++)
        {
            var scale = Math.Sqrt(Math.Max(0, values[k]));
            for (var i = 0; i < n; i++) column[i] = vectors[i, k];
            for (var i = 0; i < n; i++) AddScaled(Row(root, i), column, scale * column[i]);
        }
        return root;
    }

    private static double[,] Multiply(double[,] a, double[,] b)
    {
        var n = a.GetLength(0);
        var product = new double[n, n];
        for (var i = 0; i < n; i++)
            for (var k = 0; k < n; k++) AddScaled(Row(product, i), Row(b, k), a[i, k]);
        return product;
    }

    private static Span<double> Row(double[,] matrix, int row) => MemoryMarshal.CreateSpan(ref matrix[row, 0], matrix.GetLength(1));

    private static void AddScaled(Span<double> sums, ReadOnlySpan<double> terms, double scale)
    {
        var fast = MemoryMarshal.Cast<double, Vector<double>>(sums);
        var others = MemoryMarshal.Cast<double, Vector<double>>(terms[..sums.Length]);
        var factor = new Vector<double>(scale);
        for (var i = 0; i < fast.Length; i++) fast[i] += others[i] * factor;
        for (var i = fast.Length * Vector<double>.Count; i < sums.Length; i++) sums[i] += terms[i] * scale;
    }
}
