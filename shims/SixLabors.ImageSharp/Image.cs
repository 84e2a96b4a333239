using System.Runtime.InteropServices;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp;

/// <summary>An image of any pixel type.</summary>
public abstract partial class Image : IDisposable
{
    private protected Image(ImageMetadata metadata) => Metadata = metadata;

    public int Width => Root.Width;

    public int Height => Root.Height;

    public ImageMetadata Metadata { get; }

    public Size Size => new(Width, Height);

    /// <summary>Copies pixels, row by row from the top left, into a new image.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive, or the data are too short.</exception>
    public static Image<TPixel> LoadPixelData<TPixel>(ReadOnlySpan<TPixel> data, int width, int height)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        int count = checked(width * height);
        ArgumentOutOfRangeException.ThrowIfLessThan(data.Length, count, nameof(data));
        return new Image<TPixel>(new ImageFrame<TPixel>(width, height, data[..count].ToArray(), new ImageFrameMetadata()), new ImageMetadata());
    }

    /// <summary>As the other overload, from bytes in the memory order of the pixel.</summary>
    /// <inheritdoc cref="LoadPixelData{TPixel}(ReadOnlySpan{TPixel}, int, int)"/>
    public static Image<TPixel> LoadPixelData<TPixel>(ReadOnlySpan<byte> data, int width, int height)
        where TPixel : unmanaged, IPixel<TPixel>
        => LoadPixelData(MemoryMarshal.Cast<byte, TPixel>(data), width, height);

    /// <summary>Encodes the image to a stream.</summary>
    public void Save(Stream stream, IImageEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(encoder);
        EncodeWith(encoder, stream);
    }

    /// <summary>Encodes the image, then writes it without blocking.</summary>
    public async Task SaveAsync(Stream stream, IImageEncoder encoder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(encoder);
        cancellationToken.ThrowIfCancellationRequested();
        using var buffer = new MemoryStream();
        EncodeWith(encoder, buffer);
        await stream.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);

    internal abstract ImageFrame Root { get; }

    internal abstract void EncodeWith(IImageEncoder encoder, Stream stream);

    internal abstract Image CloneAny();

    internal abstract void ApplyToFrames(Processing.IFrameOperation operation);
}
