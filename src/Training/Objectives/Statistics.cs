namespace Diffusion.Training.Objectives;

/// <summary>Plain statistics in float64.</summary>
internal static class Statistics
{
    /// <summary>Pearson correlation; 0 if either side is constant.</summary>
    public static double Correlation(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0;
        for (var i = 0; i < a.Length; i++)
        {
            double x = a[i], y = b[i];
            sumA += x;
            sumB += y;
            squareA += x * x;
            squareB += y * y;
            product += x * y;
        }
        double n = a.Length, spread = (squareA - sumA * sumA / n) * (squareB - sumB * sumB / n);
        return spread > 0 ? (product - sumA * sumB / n) / Math.Sqrt(spread) : 0;
    }

    /// <summary>Root of the mean squared difference.</summary>
    public static double RootMeanSquare(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        return Math.Sqrt(sum / a.Length);
    }

    /// <summary>P(z &lt;= x) of a standard normal z, to 1e-15: 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...) (Marsaglia 2004).</summary>
    public static double NormalMass(double x)
    {
        // from here on it is 0 or 1 to that many digits
        if (Math.Abs(x) > 8.2) return x > 0 ? 1 : 0;
        double sum = x, term = x;
        for (var n = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); n += 2) sum += term *= x * x / n;
        return 0.5 + sum * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
    }

    /// <summary>Variance over the samples, averaged over the <paramref name="size"/> numbers of each.</summary>
    public static double VarianceAcross(ReadOnlySpan<float> samples, int size)
    {
        var count = samples.Length / size;
        if (count < 2) return 0;
        double total = 0;
        for (var i = 0; i < size; i++)
        {
            double sum = 0, squares = 0;
            for (var at = i; at < samples.Length; at += size)
            {
                sum += samples[at];
                squares += (double)samples[at] * samples[at];
            }
            total += (squares - sum * sum / count) / (count - 1);
        }
        return total / size;
    }
}
