using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Processing;

/// <summary>Running operations on images; all frames are changed alike.</summary>
public static class ProcessingExtensions
{
    /// <summary>Changes the image in place.</summary>
    public static void Mutate(this Image source, Action<IImageProcessingContext> operation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(operation);
        operation(new ProcessingContext(source));
    }

    /// <inheritdoc cref="Mutate(Image, Action{IImageProcessingContext})"/>
    public static void Mutate<TPixel>(this Image<TPixel> source, Action<IImageProcessingContext> operation)
        where TPixel : unmanaged, IPixel<TPixel>
        => Mutate((Image)source, operation);

    /// <summary>Changes a copy.</summary>
    public static Image Clone(this Image source, Action<IImageProcessingContext> operation)
    {
        ArgumentNullException.ThrowIfNull(source);
        var clone = source.CloneAny();
        clone.Mutate(operation);
        return clone;
    }

    /// <inheritdoc cref="Clone(Image, Action{IImageProcessingContext})"/>
    public static Image<TPixel> Clone<TPixel>(this Image<TPixel> source, Action<IImageProcessingContext> operation)
        where TPixel : unmanaged, IPixel<TPixel>
        => (Image<TPixel>)Clone((Image)source, operation);
}
