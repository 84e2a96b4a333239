using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Metadata;

namespace SixLabors.ImageSharp;

/// <summary>The format-specific parts of metadata, made on first use.</summary>
public static class MetadataExtensions
{
    public static GifMetadata GetGifMetadata(this ImageMetadata source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Gif ??= new GifMetadata();
    }

    public static GifFrameMetadata GetGifMetadata(this ImageFrameMetadata source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Gif ??= new GifFrameMetadata();
    }
}
