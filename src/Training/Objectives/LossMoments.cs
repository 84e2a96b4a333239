using System.Runtime.InteropServices;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Draws t in proportion to the root of the second moment of the last ten losses there (Nichol and Dhariwal 2021, eq. 18), with one
/// draw in a thousand uniform; all are uniform until every t has its ten. A loss then counts 1 / (T p_t), so that the mean stays what it was.
/// </summary>
internal sealed class LossMoments(int times)
{
    private const int Kept = 10;
    private const double UniformShare = 0.001;
    private const string LossesName = "bound/losses", CountsName = "bound/counts";

    private readonly double[] losses = new double[times * Kept];
    private readonly long[] counts = new long[times];
    private double[]? cumulative;

    /// <summary>p_t of t = 1..T, at t - 1.</summary>
    public double[] Probabilities()
    {
        if (counts.Any(c => c < Kept)) return Enumerable.Repeat(1.0 / times, times).ToArray();
        var roots = Enumerable.Range(0, times).Select(t => Math.Sqrt(losses.AsSpan(t * Kept, Kept).ToArray().Average(l => l * l))).ToArray();
        var sum = roots.Sum();
        return [.. roots.Select(r => (sum > 0 ? (1 - UniformShare) * r / sum : (1 - UniformShare) / times) + UniformShare / times)];
    }

    /// <summary>The time in 1..T at <paramref name="place"/> in (0, 1) of the distribution, and what its loss counts.</summary>
    public (int Time, double Weight) Draw(double place)
    {
        cumulative ??= Sums(Probabilities());
        var found = Array.BinarySearch(cumulative, place * cumulative[^1]);
        var t = Math.Min(found < 0 ? ~found : found + 1, times - 1);
        return (t + 1, cumulative[^1] / (times * (cumulative[t] - (t == 0 ? 0 : cumulative[t - 1]))));
    }

    /// <summary>Remembers a loss at t, as it is without its weight; the oldest of eleven is forgotten.</summary>
    public void Record(int t, double loss)
    {
        losses[(t - 1) * Kept + (int)(counts[t - 1]++ % Kept)] = loss;
        cumulative = null;
    }

    /// <summary>All that is remembered.</summary>
    public IReadOnlyList<SafeTensor> ToTensors() =>
    [
        new(LossesName, DType.F64, [times, Kept], MemoryMarshal.AsBytes(losses.AsSpan()).ToArray()),
        new(CountsName, DType.I64, [times], MemoryMarshal.AsBytes(counts.AsSpan()).ToArray()),
    ];

    /// <summary>Takes up what <see cref="ToTensors"/> gave.</summary>
    /// <exception cref="SafeTensorsException">It is not in the file.</exception>
    /// <exception cref="ArgumentException">It is that of another T.</exception>
    public void Restore(SafeTensorFile file)
    {
        file.Read(LossesName, MemoryMarshal.AsBytes(losses.AsSpan()));
        file.Read(CountsName, MemoryMarshal.AsBytes(counts.AsSpan()));
        cumulative = null;
    }

    private static double[] Sums(double[] of)
    {
        var sums = new double[of.Length];
        var sum = 0.0;
        for (var i = 0; i < of.Length; i++) sums[i] = sum += of[i];
        return sums;
    }
}
