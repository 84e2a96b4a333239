using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Webp;

/// <summary>The two codings of WebP.</summary>
public enum WebpFileFormatType
{
    Lossless,
    Lossy,
}

/// <summary>Writes the first frame as WebP.</summary>
public sealed unsafe class WebpEncoder : ImageEncoder
{
    /// <value>Lossy.</value>
    public WebpFileFormatType? FileFormat { get; init; }

    /// <summary>0 worst to 100 best, for lossy files.</summary>
    /// <value>75</value>
    public int Quality { get; init; } = 75;

    protected override void Encode<TPixel>(Image<TPixel> image, Stream stream, CancellationToken cancellationToken)
    {
        var (width, height) = (image.Width, image.Height);
        if (width > LibWebp.LargestSide || height > LibWebp.LargestSide) throw new ImageFormatException($"WebP: {width} x {height} pixels, the longest side is {LibWebp.LargestSide}.");
        int channels = Math.Max(3, Channels.Of<TPixel>()), pitch = width * channels;
        var samples = new byte[checked(pitch * height)];
        Channels.FromPixels<TPixel>(image.Frames.RootFrame.Pixels, channels, samples);

        LibWebp.Codec.Require();
        byte* webp = null;
        try
        {
            fixed (byte* source = samples)
            {
                nuint length = (FileFormat == WebpFileFormatType.Lossless, channels) switch
                {
                    (true, 3) => LibWebp.EncodeLosslessRgb(source, width, height, pitch, out webp),
                    (true, _) => LibWebp.EncodeLosslessRgba(source, width, height, pitch, out webp),
                    (false, 3) => LibWebp.EncodeRgb(source, width, height, pitch, Quality, out webp),
                    _ => LibWebp.EncodeRgba(source, width, height, pitch, Quality, out webp),
                };
                if (length == 0) throw new ImageFormatException($"WebP: libwebp cannot write {width} x {height} pixels.");
                stream.Write(new ReadOnlySpan<byte>(webp, checked((int)length)));
            }
        }
        finally
        {
            LibWebp.Free(webp);
        }
    }
}
