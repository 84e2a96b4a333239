using System.Collections;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp;

/// <summary>The pictures of an image in playing order; all have the size of the first.</summary>
public abstract class ImageFrameCollection
{
    private protected ImageFrameCollection()
    {
    }
}

/// <inheritdoc cref="ImageFrameCollection"/>
public sealed class ImageFrameCollection<TPixel> : ImageFrameCollection, IEnumerable<ImageFrame<TPixel>>
    where TPixel : unmanaged, IPixel<TPixel>
{
    private readonly List<ImageFrame<TPixel>> frames = [];

    internal ImageFrameCollection(ImageFrame<TPixel> root) => frames.Add(root);

    public int Count => frames.Count;

    public ImageFrame<TPixel> RootFrame => frames[0];

    public ImageFrame<TPixel> this[int index] => frames[index];

    /// <summary>Appends a copy of a frame, with its metadata.</summary>
    /// <exception cref="ArgumentException">Its size is not that of the first frame.</exception>
    public ImageFrame<TPixel> AddFrame(ImageFrame<TPixel> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if ((source.Width, source.Height) != (RootFrame.Width, RootFrame.Height))
            throw new ArgumentException("Frame must have the same dimensions as the image.", nameof(source));
        return Append(source.DeepClone());
    }

    /// <summary>Appends a frame made of these pixels, row by row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer pixels than the first frame has.</exception>
    public ImageFrame<TPixel> AddFrame(ReadOnlySpan<TPixel> source)
    {
        int count = RootFrame.Pixels.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, count, nameof(source));
        return Append(new ImageFrame<TPixel>(RootFrame.Width, RootFrame.Height, source[..count].ToArray(), new ImageFrameMetadata()));
    }

    /// <exception cref="InvalidOperationException">It is the only frame.</exception>
    public void RemoveFrame(int index)
    {
        if (frames.Count == 1) throw new InvalidOperationException("Cannot remove last frame.");
        frames.RemoveAt(index);
    }

    public IEnumerator<ImageFrame<TPixel>> GetEnumerator() => frames.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ImageFrame<TPixel> Append(ImageFrame<TPixel> frame)
    {
        frames.Add(frame);
        return frame;
    }
}
