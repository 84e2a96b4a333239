namespace Diffusion.Imaging;

/// <summary>Many pictures on one sheet.</summary>
public static class ImageGrid
{
    /// <summary>
    /// Row by row, by default in the squarest grid that holds them: ceil(sqrt(n)) columns, and no more rows than needed. One
    /// picture alone is returned as it is.
    /// </summary>
    /// <param name="pictures">At least one, all of one size.</param>
    /// <param name="gap">Pixels between neighbours.</param>
    /// <param name="background">Value of the gaps and of unused cells.</param>
    /// <param name="columns">Pictures in a row; null for the squarest grid.</param>
    /// <exception cref="ArgumentException">No pictures, or of different sizes.</exception>
    public static Picture Arrange(IReadOnlyList<Picture> pictures, int gap = 2, byte background = 64, int? columns = null)
    {
        Picture.RequireOneSize(pictures);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        if (pictures.Count == 1) return pictures[0];
        var cell = pictures[0];
        var across = columns ?? (int)Math.Ceiling(Math.Sqrt(pictures.Count));
        var down = (pictures.Count + across - 1) / across;
        var (width, height) = (across * (cell.Width + gap) - gap, down * (cell.Height + gap) - gap);
        var sheet = new Picture(new byte[width * height * cell.Channels], width, height, cell.Channels);
        Array.Fill(sheet.Pixels, background);
        var (run, stride) = (cell.Width * cell.Channels, width * cell.Channels);
        for (var i = 0; i < pictures.Count; i++)
        {
            var corner = i / across * (cell.Height + gap) * stride + i % across * (cell.Width + gap) * cell.Channels;
            for (var y = 0; y < cell.Height; y++)
                pictures[i].Pixels.AsSpan(y * run, run).CopyTo(sheet.Pixels.AsSpan(corner + y * stride));
        }
        return sheet;
    }
}
