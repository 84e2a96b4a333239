using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp.Formats;

/// <summary>Finds the decoder by the first bytes of a file.</summary>
internal static class Decoding
{
    private static readonly IDecoder[] Decoders = [new PngDecoder(), new JpegDecoder(), new WebpDecoder(), new GifDecoder()];

    public static ImageInfo Identify(byte[] file)
    {
        var decoder = Find(file);
        var (width, height) = decoder.ReadSize(file);
        return new ImageInfo(width, height, new ImageMetadata { DecodedImageFormat = decoder.Format });
    }

    public static Image<TPixel> Decode<TPixel>(byte[] file, DecoderOptions options)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(options);
        var decoder = Find(file);
        var image = decoder.Decode<TPixel>(file, options);
        image.Metadata.DecodedImageFormat = decoder.Format;
        return image;
    }

    public static byte[] ReadAll(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var buffer = BufferFor(stream);
        var chunk = new byte[81920];
        for (int read; (read = stream.Read(chunk)) > 0;) Append(buffer, chunk.AsSpan(0, read));
        return buffer.ToArray();
    }

    public static async Task<byte[]> ReadAllAsync(Stream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var buffer = BufferFor(stream);
        var chunk = new byte[81920];
        for (int read; (read = await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false)) > 0;) Append(buffer, chunk.AsSpan(0, read));
        return buffer.ToArray();
    }

    private static MemoryStream BufferFor(Stream stream)
    {
        if (!stream.CanSeek) return new MemoryStream();
        long rest = Math.Max(0, stream.Length - stream.Position);
        return rest <= Budget.FileBytes ? new MemoryStream((int)rest) : throw TooLong();
    }

    private static InvalidImageContentException TooLong() => new($"The file is longer than the {Budget.FileBytes} bytes that are read.");

    private static void Append(MemoryStream buffer, ReadOnlySpan<byte> chunk)
    {
        if (buffer.Length + chunk.Length > Budget.FileBytes) throw TooLong();
        buffer.Write(chunk);
    }

    private static IDecoder Find(byte[] file)
        => Decoders.FirstOrDefault(decoder => decoder.Recognises(file))
        ?? throw new UnknownImageFormatException("Image cannot be loaded. It is none of PNG, JPEG, WebP and GIF.");
}

/// <summary>Reads one format. A file is untrusted: whatever it holds, only <see cref="ImageFormatException"/> leaves.</summary>
internal interface IDecoder
{
    IImageFormat Format { get; }

    bool Recognises(ReadOnlySpan<byte> file);

    (int Width, int Height) ReadSize(ReadOnlySpan<byte> file);

    Image<TPixel> Decode<TPixel>(byte[] file, DecoderOptions options)
        where TPixel : unmanaged, IPixel<TPixel>;
}
