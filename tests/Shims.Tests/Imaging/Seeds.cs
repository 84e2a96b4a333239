using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

/// <summary>Small valid files of every format, to be damaged.</summary>
internal static class Seeds
{
    private static readonly Dictionary<string, Func<byte[]>> Files = new()
    {
        ["c3-d4-adam7-trns.png"] = () => Fixtures.Bytes("c3-d4-adam7-trns.png"),
        ["c2-d16-trns.png"] = () => Fixtures.Bytes("c2-d16-trns.png"),
        ["c0-d1.png"] = () => Fixtures.Bytes("c0-d1.png"),
        ["adaptive.png"] = () => Written<Rgba32>(new PngEncoder { FilterMethod = PngFilterMethod.Adaptive }),
        ["animation.gif"] = () => Fixtures.Bytes("animation.gif"),
        ["interlaced-transparent.gif"] = () => Fixtures.Bytes("interlaced-transparent.gif"),
        ["written.gif"] = () => Written<Rgb24>(new GifEncoder()),
        ["progressive.jpg"] = () => Fixtures.Bytes("progressive.jpg"),
        ["cmyk.jpg"] = () => Fixtures.Bytes("cmyk.jpg"),
        ["gray.jpg"] = () => Written<L8>(new JpegEncoder()),
        ["color.jpg"] = () => Written<Rgb24>(new JpegEncoder()),
        ["lossy.webp"] = () => Written<Rgba32>(new WebpEncoder()),
        ["lossless.webp"] = () => Written<Rgba32>(new WebpEncoder { FileFormat = WebpFileFormatType.Lossless }),
        ["animated.webp"] = () => WebpTests.Animation(Written<Rgb24>(new WebpEncoder())[12..], 20, 15, 2, 4, 24, 20),
    };

    public static TheoryData<string> Names => [.. Files.Keys];

    public static byte[] Bytes(string name) => Files[name]();

    private static byte[] Written<TPixel>(IImageEncoder encoder)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        using var image = Noise.Image<TPixel>(20, 15, 77);
        using var stream = new MemoryStream();
        image.Save(stream, encoder);
        return stream.ToArray();
    }
}
