using System.Numerics;

namespace Diffusion.Inference.Batching;

/// <summary>
/// Learns t(b) = alpha + beta b of one lane from its ticks. Robust: of ticks of like size only the median of the last
/// few counts, so a pause of the machine leaves no trace, and a change that stays is learnt within five ticks. Written
/// by the engine thread, read by anyone.
/// </summary>
internal sealed class CostModel(int maxRows)
{
    private const int Kept = 9;
    private const double HalfLife = 256, Forgetting = 0.05, Shrinkage = 0.01;

    private readonly Bucket?[] buckets = new Bucket?[2 * BitOperations.Log2(uint.MaxValue) + 2];
    private volatile CostFit fit = CostFit.Prior;
    private volatile int cap = maxRows;

    /// <summary>The line as it is known now.</summary>
    public CostFit Fit => fit;

    /// <summary>Rows that a tick of this lane may have; less than the setting while the device is short of memory, or where strict rows need smaller batches.</summary>
    public int Cap
    {
        get => cap;
        set => cap = value;
    }

    /// <summary>Takes one tick in.</summary>
    /// <param name="rows">Its network evaluations, at least 1.</param>
    /// <param name="milliseconds">What it took.</param>
    public void Record(int rows, double milliseconds)
    {
        // a clock can be too coarse to see a tick
        var time = Math.Max(milliseconds, 1e-4);
        var before = fit;
        var samples = before.Samples + 1;
        (buckets[IndexOf(rows)] ??= new()).Add(rows, time, samples);
        var (alpha, beta) = Line(before, samples);
        // against what was expected before: the new line may already follow this very tick
        var error = Math.Abs(time / Math.Max(before.Tick(rows), 1e-9) - 1);
        fit = new CostFit(alpha, beta, Jitter(before, samples, error), samples, Math.Max(before.Largest, rows));
    }

    // 1, 2, 3, 4-5, 6-7, 8-11, 12-15, 16-23 ...
    private static int IndexOf(int rows)
    {
        var power = BitOperations.Log2((uint)rows);
        return 2 * power + (power > 0 ? (rows >> (power - 1)) & 1 : 0);
    }

    // 1.25 mean absolute deviations are one standard deviation; an error counts up to four of them
    private static double Jitter(CostFit before, long samples, double error)
    {
        if (samples == 1) return before.Jitter;
        var clipped = Math.Min(1.25 * error, 4 * Math.Max(before.Jitter, 0.02));
        return before.Jitter + Math.Max(Forgetting, 1.0 / samples) * (clipped - before.Jitter);
    }

    /// <summary>
    /// Least squares over the medians in relative error, newer ones counting more. Where sizes do not differ they say
    /// nothing about the slope, and the ratio of alpha to beta stays what it was.
    /// </summary>
    private (double Alpha, double Beta) Line(CostFit before, long samples)
    {
        double weight = 0, rows = 0, time = 0, rowsRows = 0, rowsTime = 0;
        foreach (var bucket in buckets)
        {
            if (bucket is null) continue;
            var (b, t) = bucket.Median;
            var w = Math.Pow(0.5, (samples - bucket.Last) / HalfLife) / (t * t);
            weight += w;
            rows += w * b;
            time += w * t;
            rowsRows += w * b * b;
            rowsTime += w * b * t;
        }
        var (meanRows, meanTime) = (rows / weight, time / weight);
        var variance = Math.Max(0, rowsRows / weight - meanRows * meanRows);
        var covariance = rowsTime / weight - meanRows * meanTime;
        var anchor = before.Beta * meanTime / Math.Max(before.Alpha + before.Beta * meanRows, 1e-9);
        var beta = Math.Clamp((covariance + Shrinkage * anchor) / (variance + Shrinkage), 0, meanTime / meanRows);
        return (Math.Max(0, meanTime - beta * meanRows), beta);
    }

    /// <summary>The last ticks of like size.</summary>
    private sealed class Bucket
    {
        private readonly (int Rows, double Time)[] ring = new (int, double)[Kept];
        private int count;

        /// <summary>The tick of median time per row; the lower one of two, because a first tick is slow.</summary>
        public (int Rows, double Time) Median { get; private set; }

        /// <summary>Number of its latest tick.</summary>
        public long Last { get; private set; }

        public void Add(int rows, double time, long number)
        {
            ring[count++ % Kept] = (rows, time);
            Last = number;
            Span<(int Rows, double Time)> sorted = stackalloc (int, double)[Math.Min(count, Kept)];
            ring.AsSpan(0, sorted.Length).CopyTo(sorted);
            sorted.Sort(static (a, b) => (a.Time * b.Rows).CompareTo(b.Time * a.Rows));
            Median = sorted[(sorted.Length - 1) / 2];
        }
    }
}
