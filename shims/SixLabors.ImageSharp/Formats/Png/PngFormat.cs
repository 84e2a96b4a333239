namespace SixLabors.ImageSharp.Formats.Png;

/// <summary>The name of the PNG format.</summary>
public sealed class PngFormat : IImageFormat
{
    private PngFormat()
    {
    }

    public static PngFormat Instance { get; } = new();

    public string Name => "PNG";

    public string DefaultMimeType => "image/png";
}
