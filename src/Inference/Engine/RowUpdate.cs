using Diffusion.Guidance;
using Diffusion.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The one update for every sampler: x0 = P x + Q out, clipped or thresholded where the row asks, x' = A x + B x0 + C h + D exp(E v) z. A
/// classifier moves x0 or the mean. Each row has its own coefficients, so rows of different samplers, steps and times share every
/// operation. Langevin rows, whose step depends on the picture, take that sum for their direction.
/// </summary>
internal static class RowUpdate
{
    private const int Columns = 7;
    private static readonly Scalar One = 1.0;

    /// <param name="rows">The coefficients, in float64; rounded to float32 here.</param>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="output">The network's output after guidance, [B, C, H, W].</param>
    /// <param name="history">h, [B, C, H, W], or null if every C is 0.</param>
    /// <param name="noise">D exp(E v) z, scaled already, of the rows in <paramref name="noisyRows"/>; null if there are none.</param>
    /// <param name="noisyRows">[K], int64.</param>
    /// <param name="langevin">Which of the noisy rows are Langevin steps, or null for none.</param>
    /// <param name="gradient">What classifiers add, or null.</param>
    /// <param name="v">The second half of the network's output where it learns its variance, or null.</param>
    /// <returns>x' and x0; both belong to the caller's dispose scope.</returns>
    public static (Tensor Next, Tensor Clean) Apply(
        IReadOnlyList<SamplerRow> rows, Tensor x, Tensor output, Tensor? history, Tensor? noise, Tensor? noisyRows,
        LangevinRows? langevin = null, GuidingGradient? gradient = null, Tensor? v = null)
    {
        var columns = tensor(Pack(rows), [Columns, rows.Count, 1, 1, 1], device: x.device);
        var clean = x.mul(Column(columns, 0)).addcmul_(output, Column(columns, 1), One);
        gradient?.MoveClean(rows, clean);
        clean.clamp_(Column(columns, 2), Column(columns, 3));
        Threshold(rows, clean);
        var next = x.mul(Column(columns, 4)).addcmul_(clean, Column(columns, 5), One);
        if (history is not null) next.addcmul_(history, Column(columns, 6), One);
        gradient?.MoveMean(rows, next, v);
        if (noise is null) return (next, clean);
        var moved = langevin?.Move(x, next, noise);
        next.index_add_(0, noisyRows!, noise, One);
        if (moved is not null) next.index_copy_(0, langevin!.Rows, moved);
        return (next, clean);
    }

    /// <summary>D exp(E v) z of the rows that have noise, from D z. A row whose variance is not learned has E = 0 and keeps its bits.</summary>
    /// <param name="noise">D z, [K, C, H, W].</param>
    /// <param name="rows">All rows of the batch.</param>
    /// <param name="v">The second half of the network's output, [B or more, C, H, W].</param>
    /// <param name="noisyRows">Which rows have noise, [K], int64.</param>
    public static Tensor Spread(Tensor noise, IReadOnlyList<SamplerRow> rows, Tensor v, Tensor noisyRows)
    {
        var exponents = tensor(rows.Select(r => (float)r.E).ToArray(), [rows.Count, 1, 1, 1], device: noise.device);
        return noise.mul(v.index_select(0, noisyRows).mul(exponents.index_select(0, noisyRows)).exp());
    }

    private static void Threshold(IReadOnlyList<SamplerRow> rows, Tensor clean)
    {
        var asked = Enumerable.Range(0, rows.Count).Where(i => rows[i].Threshold is not null).ToArray();
        if (asked.Length == 0) return;
        var which = tensor(Array.ConvertAll(asked, i => (long)i), device: clean.device);
        clean.index_copy_(0, which, DynamicThreshold.Apply(clean.index_select(0, which), [.. asked.Select(i => rows[i].Threshold!.Value)]));
    }

    private static Tensor Column(Tensor columns, int index) => columns.select(0, index); // [B, 1, 1, 1]

    // a row that does not clip has infinite bounds, so that clipping is data as well
    private static float[] Pack(IReadOnlyList<SamplerRow> rows)
    {
        var packed = new float[Columns * rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var bound = row.ClipsClean ? 1 : double.PositiveInfinity;
            ReadOnlySpan<double> values = [row.P, row.Q, -bound, bound, row.A, row.B, row.C];
            for (var column = 0; column < Columns; column++) packed[column * rows.Count + i] = (float)values[column];
        }
        return packed;
    }
}
