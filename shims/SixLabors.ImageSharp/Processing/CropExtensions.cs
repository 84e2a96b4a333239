using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Processing;

/// <summary>Cutting a part out.</summary>
public static class CropExtensions
{
    /// <summary>Keeps the top left part.</summary>
    /// <inheritdoc cref="Crop(IImageProcessingContext, Rectangle)"/>
    public static IImageProcessingContext Crop(this IImageProcessingContext source, int width, int height)
        => source.Crop(new Rectangle(0, 0, width, height));

    /// <summary>Keeps a part.</summary>
    /// <exception cref="ArgumentException">The part is empty or reaches beyond the image.</exception>
    public static IImageProcessingContext Crop(this IImageProcessingContext source, Rectangle cropRectangle)
        => ProcessingContext.Apply(source, size => new CropOperation(cropRectangle, size));
}

internal sealed class CropOperation : IFrameOperation
{
    private readonly Rectangle part;

    public CropOperation(Rectangle part, Size size)
    {
        bool inside = part.X >= 0 && part.Y >= 0 && part.Width > 0 && part.Height > 0
            && (long)part.X + part.Width <= size.Width && (long)part.Y + part.Height <= size.Height;
        if (!inside) throw new ArgumentException($"{part} is not a part of {size}.", nameof(part));
        this.part = part;
    }

    public void Apply<TPixel>(ImageFrame<TPixel> frame)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var kept = new TPixel[part.Width * part.Height];
        for (int y = 0; y < part.Height; y++) frame.Row(part.Y + y).Slice(part.X, part.Width).CopyTo(kept.AsSpan(y * part.Width));
        frame.Replace(part.Width, part.Height, kept);
    }
}
