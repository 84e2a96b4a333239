namespace Diffusion.Imaging;

/// <summary>An 8-bit picture.</summary>
/// <param name="Pixels">[H, W, C].</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Channels">1 (grey) or 3 (red, green, blue).</param>
public sealed record Picture(byte[] Pixels, int Width, int Height, int Channels)
{
    /// <summary>From planes [C, H, W] in [-1, 1].</summary>
    public static Picture FromPlanes(ReadOnlySpan<float> planes, int width, int height, int channels)
    {
        var pixels = new byte[width * height * channels];
        Imaging.Pixels.Interleave(planes, channels, pixels);
        return new Picture(pixels, width, height, channels);
    }

    /// <summary>Every pixel as a square of <paramref name="scale"/> by <paramref name="scale"/>, scale at least 1.</summary>
    public Picture Magnify(int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        if (scale == 1) return this;
        var large = new Picture(new byte[checked(Pixels.Length * scale * scale)], Width * scale, Height * scale, Channels);
        var stride = large.Width * Channels;
        for (var y = 0; y < Height; y++)
        {
            var row = large.Pixels.AsSpan(y * scale * stride, stride);
            for (var x = 0; x < large.Width; x++)
                Pixels.AsSpan((y * Width + x / scale) * Channels, Channels).CopyTo(row[(x * Channels)..]);
            for (var copy = 1; copy < scale; copy++) row.CopyTo(large.Pixels.AsSpan((y * scale + copy) * stride));
        }
        return large;
    }

    internal static void RequireOneSize(IReadOnlyList<Picture> pictures)
    {
        if (pictures.Count == 0) throw new ArgumentException("There must be at least one picture.", nameof(pictures));
        var first = pictures[0];
        foreach (var picture in pictures)
            if ((picture.Width, picture.Height, picture.Channels) != (first.Width, first.Height, first.Channels))
                throw new ArgumentException("All pictures must have the same size and channels.", nameof(pictures));
    }
}
