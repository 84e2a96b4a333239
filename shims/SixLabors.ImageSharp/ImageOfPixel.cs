using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp;

/// <summary>An image of one or more frames with pixels of one type.</summary>
public sealed class Image<TPixel> : Image
    where TPixel : unmanaged, IPixel<TPixel>
{
    private readonly ImageFrameCollection<TPixel> frames;
    private bool disposed;

    /// <summary>A new image of zero pixels: black, and transparent where there is alpha.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public Image(int width, int height)
        : this(NewFrame(width, height), new ImageMetadata())
    {
    }

    /// <summary>A new image of one colour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public Image(int width, int height, TPixel backgroundColor)
        : this(width, height) => frames.RootFrame.Pixels.Fill(backgroundColor);

    internal Image(ImageFrame<TPixel> root, ImageMetadata metadata)
        : base(metadata) => frames = new ImageFrameCollection<TPixel>(root);

    /// <exception cref="ObjectDisposedException">The image was disposed.</exception>
    public ImageFrameCollection<TPixel> Frames
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return frames;
        }
    }

    internal override ImageFrame Root => Frames.RootFrame;

    /// <summary>A pixel of the first frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position lies outside.</exception>
    public TPixel this[int x, int y]
    {
        get => Frames.RootFrame[x, y];
        set => Frames.RootFrame[x, y] = value;
    }

    /// <summary>Works on the rows of the first frame.</summary>
    public void ProcessPixelRows(PixelAccessorAction<TPixel> processPixels) => Frames.RootFrame.ProcessPixelRows(processPixels);

    /// <summary>Copies the pixels of the first frame, row by row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public void CopyPixelDataTo(Span<TPixel> destination) => Frames.RootFrame.CopyPixelDataTo(destination);

    /// <inheritdoc cref="CopyPixelDataTo(Span{TPixel})"/>
    public void CopyPixelDataTo(Span<byte> destination) => Frames.RootFrame.CopyPixelDataTo(destination);

    /// <summary>The pixels of the first frame where they lie; always true here, the package may hold them in pieces.</summary>
    public bool DangerousTryGetSinglePixelMemory(out Memory<TPixel> memory)
    {
        memory = Frames.RootFrame.Memory;
        return true;
    }

    /// <summary>A copy of all frames and metadata.</summary>
    public Image<TPixel> Clone()
    {
        var clone = new Image<TPixel>(Frames.RootFrame.DeepClone(), Metadata.DeepClone());
        foreach (var frame in Frames.Skip(1)) clone.Frames.Append(frame.DeepClone());
        return clone;
    }

    protected override void Dispose(bool disposing) => disposed = true;

    internal override void EncodeWith(IImageEncoder encoder, Stream stream)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        encoder.Encode(this, stream);
    }

    internal override Image CloneAny() => Clone();

    internal override void ApplyToFrames(Processing.IFrameOperation operation)
    {
        foreach (var frame in Frames) operation.Apply(frame);
    }

    private static ImageFrame<TPixel> NewFrame(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return new ImageFrame<TPixel>(width, height);
    }
}
