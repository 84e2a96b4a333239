namespace Diffusion.Training.Objectives;

/// <summary>Some of the images of a batch: taken out side by side, and put back.</summary>
internal static class ImageRows
{
    /// <summary>The rows of a batch that <paramref name="wanted"/> is true for.</summary>
    public static int[] Where(int count, Predicate<int> wanted) => [.. Enumerable.Range(0, count).Where(i => wanted(i))];

    public static float[] Take(float[] images, int pixels, int[] rows)
    {
        var taken = new float[rows.Length * pixels];
        for (var k = 0; k < rows.Length; k++) images.AsSpan(rows[k] * pixels, pixels).CopyTo(taken.AsSpan(k * pixels));
        return taken;
    }

    public static void Put(float[] images, int pixels, int[] rows, float[] taken)
    {
        for (var k = 0; k < rows.Length; k++) taken.AsSpan(k * pixels, pixels).CopyTo(images.AsSpan(rows[k] * pixels));
    }

    public static long[]? Take(long[]? labels, int[] rows) => labels is null ? null : Array.ConvertAll(rows, i => labels[i]);
}
