namespace SixLabors.ImageSharp.Formats;

/// <summary>
/// What a file may cost. A header of a few bytes can promise a picture of many gigabytes, so sizes are
/// held against these before anything is allocated for them.
/// </summary>
internal static class Budget
{
    /// <summary>The most pixels of one image, all frames together: 8192 x 8192.</summary>
    public const long Pixels = 1L << 26;

    /// <summary>The longest file that is read.</summary>
    public const long FileBytes = 1L << 27;

    /// <summary>So many pixels any file may have, so that a small flat picture is never refused.</summary>
    private const long FreePixels = 1L << 22;

    /// <summary>Beyond those, more pixels than this for a byte of file are taken for a bomb; a flat drawing has a few hundred.</summary>
    private const long PixelsPerByte = 1L << 13;

    /// <exception cref="InvalidImageContentException">A side is not positive, or more pixels than allowed.</exception>
    public static void Check(string format, long fileBytes, long width, long height, long frames = 1)
    {
        if (width <= 0 || height <= 0) throw new InvalidImageContentException($"{format}: an image of {width} x {height} pixels.");
        long most = Math.Min(Pixels, FreePixels + (PixelsPerByte * fileBytes)) / frames;
        // the sides first: their product must not overflow
        if (width > most || height > most || width * height > most)
            throw new InvalidImageContentException($"{format}: {frames} frames of {width} x {height} pixels are more than is decoded of a file of {fileBytes} bytes.");
    }
}
