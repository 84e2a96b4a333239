using System.Globalization;

namespace Diffusion.Bench.Peers;

/// <summary>Numbers as they stand in the tables.</summary>
internal static class Table
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Median (least to most).</summary>
    public static string Spread(IReadOnlyCollection<double> values, string format) => string.Create(CultureInfo.InvariantCulture,
        $"{Median(values).ToString(format, CultureInfo.InvariantCulture)} ({values.Min().ToString(format, CultureInfo.InvariantCulture)} to {values.Max().ToString(format, CultureInfo.InvariantCulture)})");

    /// <summary>Enough digits of milliseconds.</summary>
    public static string Format(double milliseconds) => milliseconds < 10 ? "0.00" : milliseconds < 100 ? "0.0" : "0";

    public static void Head(TextWriter into, params IReadOnlyList<string> cells)
    {
        Row(into, cells);
        Row(into, [.. cells.Select(_ => "---")]);
    }

    public static void Row(TextWriter into, params IReadOnlyList<string> cells) => into.WriteLine($"| {string.Join(" | ", cells)} |");
}
