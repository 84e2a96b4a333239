using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp;

/// <summary>The rows of a frame, valid during <see cref="Image{TPixel}.ProcessPixelRows"/>.</summary>
public readonly ref struct PixelAccessor<TPixel>
    where TPixel : unmanaged, IPixel<TPixel>
{
    private readonly ImageFrame<TPixel> frame;

    internal PixelAccessor(ImageFrame<TPixel> frame) => this.frame = frame;

    public int Width => frame.Width;

    public int Height => frame.Height;

    /// <summary>The pixels of one row, for reading and writing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public Span<TPixel> GetRowSpan(int rowIndex) => frame.Row(rowIndex);
}

/// <summary>Work on the rows of one image.</summary>
public delegate void PixelAccessorAction<TPixel>(PixelAccessor<TPixel> pixelAccessor)
    where TPixel : unmanaged, IPixel<TPixel>;
