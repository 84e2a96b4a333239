using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace Diffusion.Imaging;

/// <summary>Image files from outside as pictures of a model's shape.</summary>
public static class PictureReader
{
    /// <summary>The media types of the files that are read, with commas between.</summary>
    public const string MediaTypes = "image/png, image/jpeg, image/webp";

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
    public static Picture Read(ReadOnlySpan<byte> file, int size, int channels, long maxPixels, out long pixels) => Read(file, (int?)size, channels, maxPixels, out pixels);

    /// <summary>The same without scaling.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, int, int, long, out long)"/>
    public static Picture Read(ReadOnlySpan<byte> file, int channels, long maxPixels) => Read(file, null, channels, maxPixels, out _);

    /// <summary>Pixels as a picture of a model's shape, by the same steps as a file's.</summary>
    /// <param name="picture">Of 1 or 3 channels.</param>
    /// <param name="size">Width and height of the answer.</param>
    /// <param name="channels">1 or 3.</param>
    public static Picture Cover(Picture picture, int size, int channels)
    {
        var coloured = Recolour(picture, channels);
        if (coloured.Width == size && coloured.Height == size) return coloured;
        return channels == 1 ? Scale<L8>(coloured, size) : Scale<Rgb24>(coloured, size);
    }

    /// <summary>Grey to colours, colours to grey, without scaling.</summary>
    /// <param name="picture">Of 1 or 3 channels.</param>
    /// <param name="channels">1 or 3.</param>
    public static Picture Recolour(Picture picture, int channels)
    {
        if (picture.Channels == channels) return picture;
        var grey = new L8();
        var pixels = new byte[picture.Width * picture.Height * channels];
        for (var i = 0; i < picture.Width * picture.Height; i++)
        {
            if (channels == 3)
            {
                pixels.AsSpan(3 * i, 3).Fill(picture.Pixels[i]);
                continue;
            }
            grey.FromRgba32(new Rgba32(picture.Pixels[3 * i], picture.Pixels[3 * i + 1], picture.Pixels[3 * i + 2]));
            pixels[i] = grey.PackedValue;
        }
        return picture with { Pixels = pixels, Channels = channels };
    }

    private static Picture Read(ReadOnlySpan<byte> file, int? size, int channels, long maxPixels, out long pixels)
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

    private static Picture Load<TPixel>(ReadOnlySpan<byte> file, int? size, int channels) where TPixel : unmanaged, IPixel<TPixel>
    {
        using var image = Image.Load<TPixel>(new DecoderOptions { MaxFrames = 1 }, file);
        return Fit(image, size, channels);
    }

    private static Picture Scale<TPixel>(Picture picture, int size) where TPixel : unmanaged, IPixel<TPixel>
    {
        using var image = Image.LoadPixelData<TPixel>(picture.Pixels.AsSpan(), picture.Width, picture.Height);
        return Fit(image, size, picture.Channels);
    }

    private static Picture Fit<TPixel>(Image<TPixel> image, int? size, int channels) where TPixel : unmanaged, IPixel<TPixel>
    {
        if (size is { } side && (image.Width != side || image.Height != side))
            image.Mutate(i => i.Resize(new ResizeOptions { Size = new Size(side, side), Mode = ResizeMode.Crop, Sampler = KnownResamplers.Lanczos3 }));
        var values = new byte[image.Width * image.Height * channels];
        image.CopyPixelDataTo(values);
        return new Picture(values, image.Width, image.Height, channels);
    }
}
