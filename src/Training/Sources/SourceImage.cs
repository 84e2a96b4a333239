using Diffusion.Imaging;
using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>An image of a source cannot be used; the others can. The message is a sentence without the image's name.</summary>
internal sealed class RefusedImageException(string reason, Exception? cause = null) : Exception(reason, cause);

/// <summary>One image on its way from a source into a set.</summary>
/// <param name="Entry">The name that the source knows it by.</param>
/// <param name="Split">The split it belongs to, or null where the source has none.</param>
/// <param name="Label">The name of its class, or null where the source has none.</param>
internal abstract record SourceImage(string Entry, string? Split, string? Label)
{
    /// <summary>The image in the shape of the set.</summary>
    /// <exception cref="RefusedImageException">It cannot be used.</exception>
    public abstract Picture Fit(ImportSettings settings);
}

/// <summary>A PNG, JPEG or WebP file.</summary>
internal sealed record EncodedImage(string Entry, string? Split, string? Label, byte[] File) : SourceImage(Entry, Split, Label)
{
    public override Picture Fit(ImportSettings settings)
    {
        try
        {
            return settings.Fit == ImageFit.Cover
                ? PictureReader.Read(File, settings.Size, settings.Channels, settings.Limits.Pixels, out _)
                : RawImage.Fit(PictureReader.Read(File, settings.Channels, settings.Limits.Pixels), settings);
        }
        catch (UnreadablePictureException unreadable)
        {
            throw new RefusedImageException(unreadable.Message, unreadable);
        }
    }
}

/// <summary>Pixels as they are, row by row, with the channels of a pixel side by side.</summary>
internal sealed record RawImage(string Entry, string? Split, string? Label, Picture Pixels) : SourceImage(Entry, Split, Label)
{
    public override Picture Fit(ImportSettings settings)
    {
        var (side, pixels) = (settings.Size, (long)Pixels.Width * Pixels.Height);
        if (pixels > settings.Limits.Pixels) throw new RefusedImageException($"It has {Pixels.Width}x{Pixels.Height} pixels; up to {settings.Limits.Pixels} are read.");
        return settings.Fit == ImageFit.Cover ? PictureReader.Cover(Pixels, side, settings.Channels) : Fit(PictureReader.Recolour(Pixels, settings.Channels), settings);
    }

    internal static Picture Fit(Picture picture, ImportSettings settings)
    {
        var side = settings.Size;
        if (picture.Width > side || picture.Height > side)
            throw new RefusedImageException($"It is {picture.Width}x{picture.Height}, larger than the {side}x{side} it is to be padded to.");
        var padded = new byte[side * side * picture.Channels];
        var (left, top, row) = ((side - picture.Width) / 2, (side - picture.Height) / 2, picture.Width * picture.Channels);
        for (var y = 0; y < picture.Height; y++)
            picture.Pixels.AsSpan(y * row, row).CopyTo(padded.AsSpan(((top + y) * side + left) * picture.Channels));
        return new Picture(padded, side, side, picture.Channels);
    }
}
