namespace SixLabors.ImageSharp;

/// <summary>A file that cannot be read as an image; the base of what decoding throws.</summary>
public class ImageFormatException : Exception
{
    internal ImageFormatException(string errorMessage)
        : base(errorMessage)
    {
    }

    internal ImageFormatException(string errorMessage, Exception innerException)
        : base(errorMessage, innerException)
    {
    }
}

/// <summary>The bytes begin like no known format.</summary>
public sealed class UnknownImageFormatException(string errorMessage) : ImageFormatException(errorMessage);

/// <summary>The format is known, the content is damaged, unsupported or too large.</summary>
public sealed class InvalidImageContentException : ImageFormatException
{
    public InvalidImageContentException(string errorMessage)
        : base(errorMessage)
    {
    }

    public InvalidImageContentException(string errorMessage, Exception innerException)
        : base(errorMessage, innerException)
    {
    }
}
