namespace SixLabors.ImageSharp.Formats;

/// <summary>A file format.</summary>
public interface IImageFormat
{
    string Name { get; }

    string DefaultMimeType { get; }
}
