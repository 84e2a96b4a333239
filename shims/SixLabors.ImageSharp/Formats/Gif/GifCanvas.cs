using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>What is on the screen while a GIF plays.</summary>
internal sealed class GifCanvas(int width, int height)
{
    private const int ToBackground = 2, ToPrevious = 3;

    // interlaced rows: first row and step of the four passes
    private static readonly (int First, int Step)[] Interlaced = [(0, 8), (4, 8), (2, 4), (1, 2)];

    private Rgba32[] pixels = new Rgba32[width * height];
    private Rgba32[] before = [];
    private Rectangle last;

    public int Width => width;

    public int Height => height;

    public ReadOnlySpan<Rgba32> Pixels => pixels;

    /// <summary>Draws the frame whose descriptor begins at the position, and gives the position after it.</summary>
    public int Draw(ReadOnlySpan<byte> file, int position, byte[] global, GifControl control)
    {
        last = new Rectangle(GifReader.UInt16(file, position), GifReader.UInt16(file, position + 2), GifReader.UInt16(file, position + 4), GifReader.UInt16(file, position + 6));
        int flags = GifReader.Byte(file, position + 8);
        position += 9;
        if (last.Width == 0 || last.Height == 0 || last.X + last.Width > width || last.Y + last.Height > height) throw GifReader.Damaged("a frame lies outside the image");
        var local = GifDecoder.ReadPalette(file, flags, ref position);
        var palette = local.Length > 0 ? local : global;

        var indices = new byte[last.Width * last.Height];
        position = LzwDecoder.Decode(file, position, indices);
        if (control.Disposal == ToPrevious) before = (Rgba32[])pixels.Clone();
        int row = 0;
        foreach (var (first, step) in (flags & 0x40) != 0 ? Interlaced : [(0, 1)])
        {
            for (int y = first; y < last.Height; y += step, row++) DrawRow(indices.AsSpan(row * last.Width, last.Width), y, palette, control.Transparent);
        }
        return position;
    }

    /// <summary>Prepares the canvas for the next frame.</summary>
    public void Dispose(int disposal)
    {
        if (disposal == ToPrevious) pixels = before;
        for (int y = 0; y < last.Height && disposal == ToBackground; y++) Row(y).Clear();
    }

    private void DrawRow(ReadOnlySpan<byte> indices, int y, byte[] palette, int transparent)
    {
        var target = Row(y);
        for (int x = 0; x < indices.Length; x++)
        {
            int index = indices[x];
            if (index == transparent) continue;
            if (3 * index >= palette.Length) throw GifReader.Damaged($"colour {index} is not in the palette");
            target[x] = new Rgba32(palette[3 * index], palette[(3 * index) + 1], palette[(3 * index) + 2]);
        }
    }

    private Span<Rgba32> Row(int y) => pixels.AsSpan(((last.Y + y) * width) + last.X, last.Width);
}
