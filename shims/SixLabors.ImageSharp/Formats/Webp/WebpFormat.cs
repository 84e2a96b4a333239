namespace SixLabors.ImageSharp.Formats.Webp;

/// <summary>The name of the WEBP format.</summary>
public sealed class WebpFormat : IImageFormat
{
    private WebpFormat()
    {
    }

    public static WebpFormat Instance { get; } = new();

    public string Name => "WEBP";

    public string DefaultMimeType => "image/webp";
}
