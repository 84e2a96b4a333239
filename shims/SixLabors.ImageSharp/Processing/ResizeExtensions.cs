using SixLabors.ImageSharp.Processing.Processors.Transforms;

namespace SixLabors.ImageSharp.Processing;

/// <summary>Changing the size. When shrinking, kernels are widened, so nothing aliases.</summary>
public static class ResizeExtensions
{
    /// <summary>Stretches, bicubic; a side of 0 follows from the other.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative side, or both 0.</exception>
    public static IImageProcessingContext Resize(this IImageProcessingContext source, int width, int height)
        => source.Resize(width, height, KnownResamplers.Bicubic);

    /// <inheritdoc cref="Resize(IImageProcessingContext, int, int)"/>
    public static IImageProcessingContext Resize(this IImageProcessingContext source, Size size)
        => source.Resize(size.Width, size.Height);

    /// <inheritdoc cref="Resize(IImageProcessingContext, int, int)"/>
    public static IImageProcessingContext Resize(this IImageProcessingContext source, int width, int height, IResampler sampler)
        => source.Resize(new ResizeOptions { Size = new Size(width, height), Mode = ResizeMode.Stretch, Sampler = sampler });

    /// <inheritdoc cref="Resize(IImageProcessingContext, int, int)"/>
    public static IImageProcessingContext Resize(this IImageProcessingContext source, ResizeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Sampler);
        var from = source.GetCurrentSize();
        var target = Complete(from, options.Size);
        double x = (double)target.Width / from.Width, y = (double)target.Height / from.Height;
        switch (options.Mode)
        {
            case ResizeMode.Crop:
                var cover = Scaled(from, Math.Max(x, y));
                cover = new Size(Math.Max(cover.Width, target.Width), Math.Max(cover.Height, target.Height));
                Stretch(source, cover, options.Sampler);
                return source.Crop(new Rectangle((cover.Width - target.Width) / 2, (cover.Height - target.Height) / 2, target.Width, target.Height));
            case ResizeMode.Max:
                return Stretch(source, Scaled(from, Math.Min(x, y)), options.Sampler);
            default:
                return Stretch(source, target, options.Sampler);
        }
    }

    private static IImageProcessingContext Stretch(IImageProcessingContext source, Size to, IResampler sampler)
        => ProcessingContext.Apply(source, from => new ResizeOperation(from, to, sampler));

    private static Size Complete(Size from, Size size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size.Width, nameof(size));
        ArgumentOutOfRangeException.ThrowIfNegative(size.Height, nameof(size));
        ArgumentOutOfRangeException.ThrowIfZero(size.Width | size.Height, nameof(size));
        if (size.Width == 0) return Scaled(from, (double)size.Height / from.Height);
        return size.Height == 0 ? Scaled(from, (double)size.Width / from.Width) : size;
    }

    private static Size Scaled(Size size, double factor)
        => new(Math.Max(1, (int)Math.Round(size.Width * factor)), Math.Max(1, (int)Math.Round(size.Height * factor)));
}
