using System.Runtime.InteropServices;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp;

/// <summary>One picture of an image; a still image has one.</summary>
public abstract class ImageFrame
{
    private protected ImageFrame(int width, int height, ImageFrameMetadata metadata)
    {
        Width = width;
        Height = height;
        Metadata = metadata;
    }

    public int Width { get; private protected set; }

    public int Height { get; private protected set; }

    public ImageFrameMetadata Metadata { get; }
}

/// <summary>One picture with its pixels, row by row from the top left.</summary>
public sealed class ImageFrame<TPixel> : ImageFrame
    where TPixel : unmanaged, IPixel<TPixel>
{
    private TPixel[] pixels;

    internal ImageFrame(int width, int height, TPixel[] pixels, ImageFrameMetadata metadata)
        : base(width, height, metadata) => this.pixels = pixels;

    internal ImageFrame(int width, int height)
        : this(width, height, new TPixel[checked(width * height)], new ImageFrameMetadata())
    {
    }

    internal Span<TPixel> Pixels => pixels;

    internal Memory<TPixel> Memory => pixels;

    /// <exception cref="ArgumentOutOfRangeException">The position lies outside.</exception>
    public TPixel this[int x, int y]
    {
        get => pixels[Offset(x, y)];
        set => pixels[Offset(x, y)] = value;
    }

    public void ProcessPixelRows(PixelAccessorAction<TPixel> processPixels)
    {
        ArgumentNullException.ThrowIfNull(processPixels);
        processPixels(new PixelAccessor<TPixel>(this));
    }

    /// <summary>Copies all pixels, row by row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public void CopyPixelDataTo(Span<TPixel> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, pixels.Length, nameof(destination));
        pixels.CopyTo(destination);
    }

    /// <inheritdoc cref="CopyPixelDataTo(Span{TPixel})"/>
    public void CopyPixelDataTo(Span<byte> destination) => CopyPixelDataTo(MemoryMarshal.Cast<byte, TPixel>(destination));

    internal Span<TPixel> Row(int y)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
        return pixels.AsSpan(y * Width, Width);
    }

    internal ImageFrame<TPixel> DeepClone() => new(Width, Height, (TPixel[])pixels.Clone(), Metadata.DeepClone());

    internal void Replace(int width, int height, TPixel[] replacement)
    {
        pixels = replacement;
        Width = width;
        Height = height;
    }

    private int Offset(int x, int y)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)Width, nameof(x));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
        return (y * Width) + x;
    }
}
