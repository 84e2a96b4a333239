namespace SixLabors.ImageSharp.Processing;

/// <summary>The image that a chain of operations works on.</summary>
public interface IImageProcessingContext
{
    /// <summary>The size that the operations so far have given.</summary>
    Size GetCurrentSize();
}

internal sealed class ProcessingContext(Image image) : IImageProcessingContext
{
    public Size GetCurrentSize() => image.Size;

    public static IImageProcessingContext Apply(IImageProcessingContext source, Func<Size, IFrameOperation> operation)
    {
        ArgumentNullException.ThrowIfNull(source);
        var context = (ProcessingContext)source;
        context.Apply(operation(context.GetCurrentSize()));
        return source;
    }

    private void Apply(IFrameOperation operation) => image.ApplyToFrames(operation);
}
