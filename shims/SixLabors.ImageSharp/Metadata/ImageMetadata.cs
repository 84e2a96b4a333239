using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Gif;

namespace SixLabors.ImageSharp.Metadata;

/// <summary>What a file says about the image beside its pixels.</summary>
public sealed class ImageMetadata
{
    internal GifMetadata? Gif { get; set; }

    /// <summary>The format the image was read from; null when it was made in memory.</summary>
    public IImageFormat? DecodedImageFormat { get; internal set; }

    public ImageMetadata DeepClone() => new() { Gif = Gif?.Copy(), DecodedImageFormat = DecodedImageFormat };
}

/// <summary>What a file says about one frame.</summary>
public sealed class ImageFrameMetadata
{
    internal ImageFrameMetadata()
    {
    }

    internal GifFrameMetadata? Gif { get; set; }

    public ImageFrameMetadata DeepClone() => new() { Gif = Gif?.Copy() };
}
