namespace Diffusion.Inference.Engine;

/// <summary>The few sizes that batches are padded to where that pays: 1, 2, 3, 4, 6, 8, 12, 16, 24 ... At most a third of a batch is padding.</summary>
internal static class BatchSizes
{
    /// <summary>All of them below <paramref name="most"/>, and <paramref name="most"/> itself; ascending.</summary>
    public static IReadOnlyList<int> UpTo(int most)
    {
        var sizes = new SortedSet<int> { most };
        for (var power = 1; power < most; power *= 2)
        {
            sizes.Add(power);
            if (power > 1 && power / 2 * 3 < most) sizes.Add(power / 2 * 3);
        }
        return [.. sizes];
    }
}
