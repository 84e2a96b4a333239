using System.IO.Compression;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>Reads every PNG of the specification (third edition, section 11), to 8 bits a sample; of an animated one the still image.</summary>
internal sealed class PngDecoder : IDecoder
{
    /// <summary>Deflate cannot expand a byte to more than this (258 bytes from 2 bits), so a longer promise is a lie.</summary>
    private const long LargestExpansion = 1032;

    // Adam7: first column, first row, column step, row step
    private static readonly (int X, int Y, int DX, int DY)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private static readonly (int X, int Y, int DX, int DY)[] OnePass = [(0, 0, 1, 1)];

    public IImageFormat Format => PngFormat.Instance;

    public bool Recognises(ReadOnlySpan<byte> file) => file.StartsWith(PngChunk.Signature);

    public (int Width, int Height) ReadSize(ReadOnlySpan<byte> file)
    {
        var png = PngFile.ReadHeader(file);
        return (png.Width, png.Height);
    }

    public Image<TPixel> Decode<TPixel>(byte[] file, DecoderOptions options)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var png = PngFile.Read(file);
        Budget.Check("PNG", file.Length, png.Width, png.Height);
        long bits = (long)png.Width * png.Height * png.Samples * png.BitDepth;
        if (bits / 8 > png.DataLength * LargestExpansion) throw PngFile.Damaged("its data cannot fill the promised size");

        var image = new Image<TPixel>(png.Width, png.Height);
        using var zlib = new ZLibStream(new PngDataStream(file, png.Data), CompressionMode.Decompress);
        try
        {
            foreach (var pass in png.Interlaced ? Passes : OnePass) DecodePass(png, zlib, pass, image.Frames.RootFrame);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidImageContentException("PNG: the compressed data are damaged.", damaged);
        }
        return image;
    }

    private static void DecodePass<TPixel>(PngFile png, Stream data, (int X, int Y, int DX, int DY) pass, ImageFrame<TPixel> frame)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        int width = (png.Width - pass.X + pass.DX - 1) / pass.DX, height = (png.Height - pass.Y + pass.DY - 1) / pass.DY;
        if (width <= 0 || height <= 0) return;
        var samples = new PngSamples(png);
        int length = (int)((((long)width * png.Samples * png.BitDepth) + 7) / 8), unit = Math.Max(1, png.Samples * png.BitDepth / 8);
        byte[] row = new byte[length + 1], above = new byte[length + 1], wide = new byte[width * samples.Channels];
        var pixels = pass.DX == 1 ? [] : new TPixel[width];
        for (int i = 0; i < height; i++)
        {
            if (data.ReadAtLeast(row, row.Length, throwOnEndOfStream: false) < row.Length) throw PngFile.Damaged("the compressed data end too early");
            if (!Filters.TryUndo(row[0], row.AsSpan(1), above.AsSpan(1), unit)) throw PngFile.Damaged($"filter {row[0]}");
            samples.Widen(row.AsSpan(1), wide);

            var target = frame.Row(pass.Y + (i * pass.DY));
            if (pass.DX == 1) Channels.ToPixels(wide, samples.Channels, target);
            else
            {
                Channels.ToPixels<TPixel>(wide, samples.Channels, pixels);
                for (int j = 0; j < width; j++) target[pass.X + (j * pass.DX)] = pixels[j];
            }
            (row, above) = (above, row);
        }
    }
}
