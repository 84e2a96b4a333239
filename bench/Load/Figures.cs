using System.Globalization;

namespace Diffusion.Bench.Load;

/// <summary>Summaries of measurements.</summary>
internal static class Figures
{
    /// <summary>The smallest value that is not exceeded by a share of all.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static double Median(IEnumerable<double> values) => Quantile(values, 0.5);

    /// <summary>Median, smallest and largest.</summary>
    public static string Spread(IReadOnlyCollection<double> values, string format = "F1") => string.Create(
        CultureInfo.InvariantCulture, $"{Median(values).ToString(format, CultureInfo.InvariantCulture)} ({values.Min().ToString(format, CultureInfo.InvariantCulture)}..{values.Max().ToString(format, CultureInfo.InvariantCulture)})");
}
