using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric matrix: by cyclic Jacobi rotations (Golub and Van Loan, 8.5), which are exact to the last
/// digits and slow, and from <see cref="Large"/> on by LAPACK.
/// </summary>
internal static class SymmetricEigen
{
    /// <summary>Rows from which on Jacobi takes too long.</summary>
    public const int Large = 200;

    private const int MaximumSweeps = 100;

    /// <param name="matrix">Symmetric; left as it is.</param>
    /// <returns>Eigenvalues, and the eigenvectors as columns.</returns>
    public static (double[] Values, double[,] Vectors) Decompose(double[,] matrix) => matrix.GetLength(0) < Large ? ByRotations(matrix) : ByLapack(matrix);

    /// <inheritdoc cref="Decompose"/>
    public static (double[] Values, double[,] Vectors) ByLapack(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        using var scope = NewDisposeScope();
        var flat = new double[n * n];
        Buffer.BlockCopy(matrix, 0, flat, 0, flat.Length * sizeof(double));
        var (values, vectors) = linalg.eigh(tensor(flat, [n, n], ScalarType.Float64));
        using var numbers = values.data<double>();
        using var columns = vectors.contiguous().data<double>();
        var found = new double[n, n];
        Buffer.BlockCopy(columns.ToArray(), 0, found, 0, flat.Length * sizeof(double));
        return (numbers.ToArray(), found);
    }

    private static (double[] Values, double[,] Vectors) ByRotations(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        var a = (double[,])matrix.Clone();
        var vectors = new double[n, n];
        for (var i = 0; i < n; i++) vectors[i, i] = 1;
        for (var sweep = 0; ; sweep++)
        {
            double off = 0, all = 0;
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                {
                    all += a[i, j] * a[i, j];
                    if (i != j) off += a[i, j] * a[i, j];
                }
            if (off <= 1e-30 * all) break;
            if (sweep == MaximumSweeps) throw new ArithmeticException($"Jacobi did not converge in {MaximumSweeps} sweeps.");
            for (var p = 0; p < n; p++)
                for (var q = p + 1; q < n; q++) Rotate(a, vectors, p, q);
        }
        return ([.. Enumerable.Range(0, n).Select(i => a[i, i])], vectors);
    }

    private static void Rotate(double[,] a, double[,] vectors, int p, int q)
    {
        if (a[p, q] == 0) return;
        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        var n = a.GetLength(0);
        for (var k = 0; k < n; k++) (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]);
        for (var k = 0; k < n; k++) (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]);
        for (var k = 0; k < n; k++) (vectors[k, p], vectors[k, q]) = (c * vectors[k, p] - s * vectors[k, q], s * vectors[k, p] + c * vectors[k, q]);
    }
}
