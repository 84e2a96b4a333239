using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;

namespace SixLabors.ImageSharp;

/// <summary>Saving by format.</summary>
public static class ImageExtensions
{
    /// <summary>Writes the first frame as PNG.</summary>
    public static void SaveAsPng(this Image source, Stream stream) => source.Save(stream, new PngEncoder());

    /// <inheritdoc cref="SaveAsPng(Image, Stream)"/>
    public static void SaveAsPng(this Image source, Stream stream, PngEncoder encoder) => source.Save(stream, encoder);

    /// <inheritdoc cref="SaveAsPng(Image, Stream)"/>
    public static void SaveAsPng(this Image source, string path) => SaveTo(source, path, new PngEncoder());

    /// <inheritdoc cref="SaveAsPng(Image, Stream)"/>
    public static void SaveAsPng(this Image source, string path, PngEncoder encoder) => SaveTo(source, path, encoder);

    /// <inheritdoc cref="SaveAsPng(Image, Stream)"/>
    public static Task SaveAsPngAsync(this Image source, Stream stream, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, new PngEncoder(), cancellationToken);

    /// <inheritdoc cref="SaveAsPng(Image, Stream)"/>
    public static Task SaveAsPngAsync(this Image source, Stream stream, PngEncoder encoder, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, encoder, cancellationToken);

    /// <inheritdoc cref="SaveAsPng(Image, Stream)"/>
    public static Task SaveAsPngAsync(this Image source, string path, CancellationToken cancellationToken)
        => SaveToAsync(source, path, new PngEncoder(), cancellationToken);

    /// <summary>Writes the first frame as JPEG.</summary>
    public static void SaveAsJpeg(this Image source, Stream stream) => source.Save(stream, new JpegEncoder());

    /// <inheritdoc cref="SaveAsJpeg(Image, Stream)"/>
    public static void SaveAsJpeg(this Image source, Stream stream, JpegEncoder encoder) => source.Save(stream, encoder);

    /// <inheritdoc cref="SaveAsJpeg(Image, Stream)"/>
    public static void SaveAsJpeg(this Image source, string path) => SaveTo(source, path, new JpegEncoder());

    /// <inheritdoc cref="SaveAsJpeg(Image, Stream)"/>
    public static void SaveAsJpeg(this Image source, string path, JpegEncoder encoder) => SaveTo(source, path, encoder);

    /// <inheritdoc cref="SaveAsJpeg(Image, Stream)"/>
    public static Task SaveAsJpegAsync(this Image source, Stream stream, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, new JpegEncoder(), cancellationToken);

    /// <inheritdoc cref="SaveAsJpeg(Image, Stream)"/>
    public static Task SaveAsJpegAsync(this Image source, Stream stream, JpegEncoder encoder, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, encoder, cancellationToken);

    /// <inheritdoc cref="SaveAsJpeg(Image, Stream)"/>
    public static Task SaveAsJpegAsync(this Image source, string path, CancellationToken cancellationToken)
        => SaveToAsync(source, path, new JpegEncoder(), cancellationToken);

    /// <summary>Writes the first frame as WebP.</summary>
    public static void SaveAsWebp(this Image source, Stream stream) => source.Save(stream, new WebpEncoder());

    /// <inheritdoc cref="SaveAsWebp(Image, Stream)"/>
    public static void SaveAsWebp(this Image source, Stream stream, WebpEncoder encoder) => source.Save(stream, encoder);

    /// <inheritdoc cref="SaveAsWebp(Image, Stream)"/>
    public static void SaveAsWebp(this Image source, string path) => SaveTo(source, path, new WebpEncoder());

    /// <inheritdoc cref="SaveAsWebp(Image, Stream)"/>
    public static void SaveAsWebp(this Image source, string path, WebpEncoder encoder) => SaveTo(source, path, encoder);

    /// <inheritdoc cref="SaveAsWebp(Image, Stream)"/>
    public static Task SaveAsWebpAsync(this Image source, Stream stream, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, new WebpEncoder(), cancellationToken);

    /// <inheritdoc cref="SaveAsWebp(Image, Stream)"/>
    public static Task SaveAsWebpAsync(this Image source, Stream stream, WebpEncoder encoder, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, encoder, cancellationToken);

    /// <inheritdoc cref="SaveAsWebp(Image, Stream)"/>
    public static Task SaveAsWebpAsync(this Image source, string path, CancellationToken cancellationToken)
        => SaveToAsync(source, path, new WebpEncoder(), cancellationToken);

    /// <summary>Writes all frames as GIF.</summary>
    public static void SaveAsGif(this Image source, Stream stream) => source.Save(stream, new GifEncoder());

    /// <inheritdoc cref="SaveAsGif(Image, Stream)"/>
    public static void SaveAsGif(this Image source, Stream stream, GifEncoder encoder) => source.Save(stream, encoder);

    /// <inheritdoc cref="SaveAsGif(Image, Stream)"/>
    public static void SaveAsGif(this Image source, string path) => SaveTo(source, path, new GifEncoder());

    /// <inheritdoc cref="SaveAsGif(Image, Stream)"/>
    public static void SaveAsGif(this Image source, string path, GifEncoder encoder) => SaveTo(source, path, encoder);

    /// <inheritdoc cref="SaveAsGif(Image, Stream)"/>
    public static Task SaveAsGifAsync(this Image source, Stream stream, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, new GifEncoder(), cancellationToken);

    /// <inheritdoc cref="SaveAsGif(Image, Stream)"/>
    public static Task SaveAsGifAsync(this Image source, Stream stream, GifEncoder encoder, CancellationToken cancellationToken = default)
        => source.SaveAsync(stream, encoder, cancellationToken);

    /// <inheritdoc cref="SaveAsGif(Image, Stream)"/>
    public static Task SaveAsGifAsync(this Image source, string path, CancellationToken cancellationToken)
        => SaveToAsync(source, path, new GifEncoder(), cancellationToken);

    private static void SaveTo(Image source, string path, IImageEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var stream = File.Create(path);
        source.Save(stream, encoder);
    }

    private static async Task SaveToAsync(Image source, string path, IImageEncoder encoder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var stream = File.Create(path);
        await using (stream.ConfigureAwait(false)) await source.SaveAsync(stream, encoder, cancellationToken).ConfigureAwait(false);
    }
}
