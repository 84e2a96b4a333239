namespace SixLabors.ImageSharp.Formats.Gif;

/// <summary>The name of the GIF format.</summary>
public sealed class GifFormat : IImageFormat
{
    private GifFormat()
    {
    }

    public static GifFormat Instance { get; } = new();

    public string Name => "GIF";

    public string DefaultMimeType => "image/gif";
}
