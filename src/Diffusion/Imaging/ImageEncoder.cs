using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Imaging;

/// <summary>Pictures as files. PNG and WebP keep every pixel; JPEG is of quality 90.</summary>
public static class ImageEncoder
{
    /// <summary>The format names.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["png", "jpeg", "webp"];

    /// <summary>The bytes of a file.</summary>
    /// <param name="picture">1 channel is written as grey, 3 as colour.</param>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <exception cref="ArgumentException">Another format, or another number of channels.</exception>
    public static byte[] Encode(Picture picture, string format)
    {
        var encoder = EncoderOf(format);
        using var image = Load(picture);
        using var file = new MemoryStream();
        image.Save(file, encoder);
        return file.ToArray();
    }

    /// <summary>The media type of a format.</summary>
    /// <inheritdoc cref="Encode"/>
    public static string MediaType(string format) => Formats.Contains(format, StringComparer.Ordinal) ? $"image/{format}" : throw Unknown(format);

    private static Image Load(Picture picture) => picture.Channels switch
    {
        1 => Image.LoadPixelData<L8>(picture.Pixels.AsSpan(), picture.Width, picture.Height),
        3 => Image.LoadPixelData<Rgb24>(picture.Pixels.AsSpan(), picture.Width, picture.Height),
        _ => throw new ArgumentException($"A picture has 1 or 3 channels, got {picture.Channels}.", nameof(picture)),
    };

    private static IImageEncoder EncoderOf(string format) => format switch
    {
        "png" => new PngEncoder(),
        "jpeg" => new JpegEncoder { Quality = 90 },
        "webp" => new WebpEncoder { FileFormat = WebpFileFormatType.Lossless },
        _ => throw Unknown(format),
    };

    private static ArgumentException Unknown(string format) =>
        new($"Unknown image format '{format}'; known: {string.Join(", ", Formats)}.", nameof(format));
}
