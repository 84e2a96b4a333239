using System.Runtime.InteropServices;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats.Jpeg;

/// <summary>How colour is stored: the resolution of the two colour channels, or none.</summary>
public enum JpegEncodingColor : byte
{
    YCbCrRatio420 = 0,
    YCbCrRatio444 = 1,
    YCbCrRatio422 = 2,
    Luminance = 5,
}

/// <summary>Writes the first frame as baseline JPEG; alpha is dropped.</summary>
public sealed unsafe class JpegEncoder : ImageEncoder
{
    private readonly int? quality;

    /// <summary>1 worst to 100 best.</summary>
    /// <value>75</value>
    /// <exception cref="ArgumentException">Outside that range.</exception>
    public int? Quality
    {
        get => quality;
        init => quality = value is < 1 or > 100 ? throw new ArgumentException("Quality must be in [1..100] range.", nameof(value)) : value;
    }

    /// <value>Luminance for <see cref="L8"/>, else 4:2:0.</value>
    public JpegEncodingColor? ColorType { get; init; }

    protected override void Encode<TPixel>(Image<TPixel> image, Stream stream, CancellationToken cancellationToken)
    {
        var color = ColorType ?? (typeof(TPixel) == typeof(L8) ? JpegEncodingColor.Luminance : JpegEncodingColor.YCbCrRatio420);
        var (channels, format) = color == JpegEncodingColor.Luminance ? (1, TurboJpeg.FormatGray) : (3, TurboJpeg.FormatRgb);
        int subsampling = color switch { JpegEncodingColor.YCbCrRatio444 => 0, JpegEncodingColor.YCbCrRatio422 => 1, JpegEncodingColor.YCbCrRatio420 => 2, _ => 3 };
        var samples = new byte[checked(image.Width * image.Height * channels)];
        Channels.FromPixels<TPixel>(image.Frames.RootFrame.Pixels, channels, samples);

        TurboJpeg.Codec.Require();
        nint handle = TurboJpeg.InitCompress();
        byte* jpeg = null;
        CULong length = default;
        try
        {
            fixed (byte* source = samples)
            {
                if (TurboJpeg.Compress(handle, source, image.Width, image.Width * channels, image.Height, format, ref jpeg, ref length, subsampling, Quality ?? 75, TurboJpeg.AccurateDct) != 0)
                    throw new ImageFormatException($"JPEG: cannot write {image.Width} x {image.Height} pixels: {TurboJpeg.Error(handle)}.");
            }
            stream.Write(new ReadOnlySpan<byte>(jpeg, checked((int)length.Value)));
        }
        finally
        {
            TurboJpeg.Free(jpeg);
            _ = TurboJpeg.Destroy(handle);
        }
    }
}
