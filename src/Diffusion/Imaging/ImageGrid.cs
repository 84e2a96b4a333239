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

    /// <summary>The first pictures of a sheet, row by row: what <see cref="Arrange"/> was given.</summary>
    /// <param name="sheet">The sheet.</param>
    /// <param name="width">Width of one picture.</param>
    /// <param name="height">Height of one.</param>
    /// <param name="count">How many; fewer come if the sheet has no room for them.</param>
    /// <param name="gap">Pixels between neighbours.</param>
    public static IReadOnlyList<Picture> Cells(Picture sheet, int width, int height, int count, int gap = 2)
    {
        var (across, down) = ((sheet.Width + gap) / (width + gap), (sheet.Height + gap) / (height + gap));
        var (run, stride) = (width * sheet.Channels, sheet.Width * sheet.Channels);
        var cells = new Picture[Math.Min(count, across * down)];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = new Picture(new byte[run * height], width, height, sheet.Channels);
            var corner = i / across * (height + gap) * stride + i % across * (width + gap) * sheet.Channels;
            for (var y = 0; y < height; y++) sheet.Pixels.AsSpan(corner + y * stride, run).CopyTo(cells[i].Pixels.AsSpan(y * run));
        }
        return cells;
    }
}
