using System.Runtime.InteropServices;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Jpeg;

/// <summary>Reads baseline and progressive JPEG: gray, YCbCr, RGB, CMYK and YCCK.</summary>
internal sealed unsafe class JpegDecoder : IDecoder
{
    public IImageFormat Format => JpegFormat.Instance;

    public bool Recognises(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    public (int Width, int Height) ReadSize(ReadOnlySpan<byte> file)
    {
        nint handle = Open();
        try
        {
            fixed (byte* jpeg = file)
            {
                var (width, height, _) = ReadHeader(handle, jpeg, file.Length);
                return (width, height);
            }
        }
        finally
        {
            _ = TurboJpeg.Destroy(handle);
        }
    }

    public Image<TPixel> Decode<TPixel>(byte[] file, DecoderOptions options)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        nint handle = Open();
        try
        {
            fixed (byte* jpeg = file)
            {
                var (width, height, colorspace) = ReadHeader(handle, jpeg, file.Length);
                Budget.Check("JPEG", file.Length, width, height);
                var (format, channels) = colorspace switch
                {
                    TurboJpeg.ColorspaceGray => (TurboJpeg.FormatGray, 1),
                    TurboJpeg.ColorspaceCmyk or TurboJpeg.ColorspaceYcck => (TurboJpeg.FormatCmyk, 4),
                    _ => Channels.Of<TPixel>() == 4 ? (TurboJpeg.FormatRgba, 4) : (TurboJpeg.FormatRgb, 3),
                };
                var image = new Image<TPixel>(width, height);
                var pixels = image.Frames.RootFrame.Pixels;
                bool direct = format != TurboJpeg.FormatCmyk && Channels.Match<TPixel>(channels);
                var samples = direct ? MemoryMarshal.AsBytes(pixels) : new byte[checked(width * height * channels)];
                fixed (byte* target = samples)
                {
                    int flags = TurboJpeg.StopOnWarning | TurboJpeg.LimitScans | TurboJpeg.AccurateDct;
                    if (TurboJpeg.Decompress(handle, jpeg, new CULong((nuint)file.Length), target, width, width * channels, height, format, flags) != 0) throw Damaged(handle);
                }
                if (format == TurboJpeg.FormatCmyk) CmykToRgba(samples);
                if (!direct) Channels.ToPixels(samples, channels, pixels);
                return image;
            }
        }
        finally
        {
            _ = TurboJpeg.Destroy(handle);
        }
    }

    private static nint Open()
    {
        TurboJpeg.Codec.Require();
        nint handle = TurboJpeg.InitDecompress();
        return handle != 0 ? handle : throw new InvalidOperationException($"JPEG: the decoder cannot be opened: {TurboJpeg.Error(0)}");
    }

    private static (int Width, int Height, int Colorspace) ReadHeader(nint handle, byte* jpeg, int length)
    {
        if (TurboJpeg.DecompressHeader(handle, jpeg, new CULong((nuint)length), out int width, out int height, out _, out int colorspace) != 0) throw Damaged(handle);
        return (width, height, colorspace);
    }

    private static InvalidImageContentException Damaged(nint handle) => new($"JPEG: {TurboJpeg.Error(handle)}.");

    // files with four inks come from Adobe's programs, which store them inverted: 255 is no ink
    private static void CmykToRgba(Span<byte> samples)
    {
        for (int i = 0; i < samples.Length; i += 4)
        {
            int key = samples[i + 3];
            for (int c = 0; c < 3; c++) samples[i + c] = (byte)(((samples[i + c] * key) + 127) / 255);
            samples[i + 3] = byte.MaxValue;
        }
    }
}
