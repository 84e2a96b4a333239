using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats;

/// <summary>Writes images in one format.</summary>
public interface IImageEncoder
{
    void Encode<TPixel>(Image<TPixel> image, Stream stream)
        where TPixel : unmanaged, IPixel<TPixel>;
}

/// <summary>The base of all encoders.</summary>
public abstract class ImageEncoder : IImageEncoder
{
    private protected ImageEncoder()
    {
    }

    public void Encode<TPixel>(Image<TPixel> image, Stream stream)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(stream);
        Encode(image, stream, CancellationToken.None);
    }

    protected abstract void Encode<TPixel>(Image<TPixel> image, Stream stream, CancellationToken cancellationToken)
        where TPixel : unmanaged, IPixel<TPixel>;
}

/// <summary>The base of encoders that may write a palette.</summary>
public abstract class QuantizingImageEncoder : ImageEncoder
{
    private protected QuantizingImageEncoder()
    {
    }
}
