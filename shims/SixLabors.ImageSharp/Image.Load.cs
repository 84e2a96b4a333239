using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;

namespace SixLabors.ImageSharp;

public abstract partial class Image
{
    /// <summary>Reads dimensions and format without decoding pixels.</summary>
    /// <exception cref="UnknownImageFormatException">No known format.</exception>
    /// <exception cref="InvalidImageContentException">A damaged header.</exception>
    public static ImageInfo Identify(ReadOnlySpan<byte> buffer) => Decoding.Identify(buffer.ToArray());

    /// <inheritdoc cref="Identify(ReadOnlySpan{byte})"/>
    public static ImageInfo Identify(Stream stream) => Decoding.Identify(Decoding.ReadAll(stream));

    /// <inheritdoc cref="Identify(ReadOnlySpan{byte})"/>
    public static ImageInfo Identify(string path)
    {
        using var stream = File.OpenRead(path);
        return Identify(stream);
    }

    /// <summary>Decodes PNG, JPEG, WebP or GIF.</summary>
    /// <exception cref="UnknownImageFormatException">No known format.</exception>
    /// <exception cref="InvalidImageContentException">Damaged, unsupported or more pixels than may be decoded.</exception>
    public static Image<TPixel> Load<TPixel>(ReadOnlySpan<byte> data)
        where TPixel : unmanaged, IPixel<TPixel>
        => Decoding.Decode<TPixel>(data.ToArray(), new DecoderOptions());

    /// <inheritdoc cref="Load{TPixel}(ReadOnlySpan{byte})"/>
    public static Image<TPixel> Load<TPixel>(DecoderOptions options, ReadOnlySpan<byte> data)
        where TPixel : unmanaged, IPixel<TPixel>
        => Decoding.Decode<TPixel>(data.ToArray(), options);

    /// <inheritdoc cref="Load{TPixel}(ReadOnlySpan{byte})"/>
    public static Image<TPixel> Load<TPixel>(Stream stream)
        where TPixel : unmanaged, IPixel<TPixel>
        => Load<TPixel>(new DecoderOptions(), stream);

    /// <inheritdoc cref="Load{TPixel}(ReadOnlySpan{byte})"/>
    public static Image<TPixel> Load<TPixel>(DecoderOptions options, Stream stream)
        where TPixel : unmanaged, IPixel<TPixel>
        => Decoding.Decode<TPixel>(Decoding.ReadAll(stream), options);

    /// <inheritdoc cref="Load{TPixel}(ReadOnlySpan{byte})"/>
    public static Image<TPixel> Load<TPixel>(string path)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        using var stream = File.OpenRead(path);
        return Load<TPixel>(stream);
    }

    /// <inheritdoc cref="Load{TPixel}(ReadOnlySpan{byte})"/>
    public static async Task<Image<TPixel>> LoadAsync<TPixel>(Stream stream, CancellationToken cancellationToken = default)
        where TPixel : unmanaged, IPixel<TPixel>
        => Decoding.Decode<TPixel>(await Decoding.ReadAllAsync(stream, cancellationToken).ConfigureAwait(false), new DecoderOptions());
}
