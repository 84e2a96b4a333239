namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>The five row filters of PNG (specification, section 9). <c>unit</c> is the bytes of a whole pixel, at least 1.</summary>
internal static class Filters
{
    public const int Count = 5;

    /// <summary>Replaces filtered bytes by the row itself; <paramref name="above"/> is the row before, zeros for the first.</summary>
    public static bool TryUndo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int unit)
    {
        if (filter is < 0 or >= Count) return false;
        if (filter == 0) return true;
        for (int i = 0; i < row.Length; i++)
        {
            byte left = i >= unit ? row[i - unit] : (byte)0;
            byte corner = i >= unit ? above[i - unit] : (byte)0;
            row[i] += Predict(filter, left, above[i], corner);
        }
        return true;
    }

    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int unit, Span<byte> filtered)
    {
        if (filter == 0)
        {
            row.CopyTo(filtered);
            return;
        }
        for (int i = 0; i < row.Length; i++)
        {
            byte left = i >= unit ? row[i - unit] : (byte)0;
            byte corner = i >= unit ? above[i - unit] : (byte)0;
            filtered[i] = (byte)(row[i] - Predict(filter, left, above[i], corner));
        }
    }

    /// <summary>The usual guess at how well a filtered row packs: the sum of its bytes as distances from 0.</summary>
    public static long Cost(ReadOnlySpan<byte> filtered)
    {
        long cost = 0;
        foreach (byte value in filtered) cost += Math.Min(value, 256 - value);
        return cost;
    }

    private static byte Predict(int filter, byte left, byte above, byte corner) => filter switch
    {
        1 => left,
        2 => above,
        3 => (byte)((left + above) >> 1),
        _ => Paeth(left, above, corner),
    };

    private static byte Paeth(int left, int above, int corner)
    {
        int toLeft = Math.Abs(above - corner), toAbove = Math.Abs(left - corner), toCorner = Math.Abs(left + above - (2 * corner));
        return (byte)(toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner);
    }
}
