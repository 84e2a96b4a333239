using SixLabors.ImageSharp.Metadata;

namespace SixLabors.ImageSharp;

/// <summary>What <see cref="Image.Identify(Stream)"/> learns from a file's header.</summary>
public class ImageInfo
{
    internal ImageInfo(int width, int height, ImageMetadata metadata)
    {
        Width = width;
        Height = height;
        Metadata = metadata;
    }

    public int Width { get; }

    public int Height { get; }

    public ImageMetadata Metadata { get; }

    public Size Size => new(Width, Height);
}
