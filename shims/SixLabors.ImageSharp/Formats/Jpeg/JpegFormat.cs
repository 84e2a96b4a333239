namespace SixLabors.ImageSharp.Formats.Jpeg;

/// <summary>The name of the JPEG format.</summary>
public sealed class JpegFormat : IImageFormat
{
    private JpegFormat()
    {
    }

    public static JpegFormat Instance { get; } = new();

    public string Name => "JPEG";

    public string DefaultMimeType => "image/jpeg";
}
