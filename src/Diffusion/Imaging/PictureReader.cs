using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace Diffusion.Imaging;

/// <summary>Image files from outside as pictures of a model's shape.</summary>
public static class PictureReader
{
    private static readonly string[] Formats = ["PNG", "JPEG", "WEBP"];

    /// <summary>
    /// Decodes, covers a square by Lanczos3 and cuts off what hangs over on both sides, and turns colours to grey or
    /// grey to colours. Transparency and orientation tags are ignored.
    /// </summary>
    /// <param name="file">PNG, JPEG or WebP; whatever else it holds, only the exception below leaves.</param>
    /// <param name="size">Width and height of the picture.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="maxPixels">Width times height that are decoded at most.</param>
    /// <param name="pixels">Width times height of the file.</param>
    /// <exception cref="UnreadablePictureException">Says which way the file is wrong.</exception>
    public static Picture Read(ReadOnlySpan<byte> file, int size, int channels, long maxPixels, out long pixels)
    {
        try
        {
            // the header first: a few bytes can promise gigabytes
            var info = Image.Identify(file);
            var format = info.Metadata.DecodedImageFormat?.Name;
            if (!Formats.Contains(format, StringComparer.OrdinalIgnoreCase))
                throw new UnreadablePictureException(PictureDamage.Format, $"It is {format}; PNG, JPEG and WebP are read.");
            pixels = (long)info.Width * info.Height;
            if (pixels > maxPixels) throw new UnreadablePictureException(PictureDamage.Size, $"It has {info.Width}x{info.Height} pixels; up to {maxPixels} are read.");
            if (AnimationFlag.IsSet(file)) throw new UnreadablePictureException(PictureDamage.Content, "It is an animation; send one picture.");
            return channels == 1 ? Load<L8>(file, size, channels) : Load<Rgb24>(file, size, channels);
        }
        catch (UnknownImageFormatException unknown)
        {
            throw new UnreadablePictureException(PictureDamage.Format, "It is no PNG, JPEG or WebP file.", unknown);
        }
        catch (ImageFormatException damaged)
        {
            throw new UnreadablePictureException(PictureDamage.Content, "The file is damaged or ends too early.", damaged);
        }
    }

    private static Picture Load<TPixel>(ReadOnlySpan<byte> file, int size, int channels) where TPixel : unmanaged, IPixel<TPixel>
    {
        using var image = Image.Load<TPixel>(new DecoderOptions { MaxFrames = 1 }, file);
        if (image.Width != size || image.Height != size)
            image.Mutate(i => i.Resize(new ResizeOptions { Size = new Size(size, size), Mode = ResizeMode.Crop, Sampler = KnownResamplers.Lanczos3 }));
        var values = new byte[size * size * channels];
        image.CopyPixelDataTo(values);
        return new Picture(values, size, size, channels);
    }
}
