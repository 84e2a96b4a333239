using System.Buffers.Binary;

namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>Turns the packed samples of a row into interleaved 8-bit channels, with palette and transparency applied.</summary>
internal sealed class PngSamples
{
    private readonly PngFile png;
    private readonly ushort[] transparent = [];

    public PngSamples(PngFile png)
    {
        this.png = png;
        bool alpha = png.Transparency is not null;
        Channels = png.ColorType switch { 0 => alpha ? 2 : 1, 2 or 3 => alpha ? 4 : 3, 4 => 2, _ => 4 };
        if (alpha && png.ColorType != 3)
        {
            transparent = new ushort[png.Samples];
            for (int c = 0; c < transparent.Length; c++) transparent[c] = BinaryPrimitives.ReadUInt16BigEndian(png.Transparency.AsSpan(2 * c));
        }
    }

    /// <summary>1 luminance, 2 with alpha, 3 RGB, 4 RGBA.</summary>
    public int Channels { get; }

    public void Widen(ReadOnlySpan<byte> row, Span<byte> wide)
    {
        if (png.ColorType == 3) WidenPalette(row, wide);
        else if (png.BitDepth == 8 && transparent.Length == 0) row.CopyTo(wide);
        else WidenSamples(row, wide);
    }

    private void WidenPalette(ReadOnlySpan<byte> row, Span<byte> wide)
    {
        var alpha = png.Transparency;
        for (int i = 0, o = 0; o < wide.Length; i++, o += Channels)
        {
            int index = Sample(row, i);
            if (3 * index >= png.Palette.Length) throw PngFile.Damaged($"colour {index} is not in the palette");
            png.Palette.AsSpan(3 * index, 3).CopyTo(wide[o..]);
            if (alpha is not null) wide[o + 3] = index < alpha.Length ? alpha[index] : byte.MaxValue;
        }
    }

    private void WidenSamples(ReadOnlySpan<byte> row, Span<byte> wide)
    {
        int samples = png.Samples, largest = (1 << png.BitDepth) - 1;
        for (int i = 0, o = 0; o < wide.Length; o += Channels)
        {
            bool hidden = transparent.Length > 0;
            for (int c = 0; c < samples; c++, i++)
            {
                int sample = Sample(row, i);
                if (hidden) hidden = sample == transparent[c];
                wide[o + c] = (byte)(((sample * 255) + (largest / 2)) / largest);
            }
            if (transparent.Length > 0) wide[o + samples] = hidden ? (byte)0 : byte.MaxValue;
        }
    }

    private int Sample(ReadOnlySpan<byte> row, int index) => png.BitDepth switch
    {
        8 => row[index],
        16 => BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]),
        var depth => (row[index * depth / 8] >> (8 - depth - (index * depth % 8))) & ((1 << depth) - 1),
    };
}
