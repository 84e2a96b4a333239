using Diffusion.Imaging;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Tests.Imaging;

public sealed class ImageEncoderTests
{
    [Theory]
    [InlineData("png", 1, 0)]
    [InlineData("png", 3, 0)]
    [InlineData("webp", 1, 0)]
    [InlineData("webp", 3, 0)]
    [InlineData("jpeg", 1, 12)]
    [InlineData("jpeg", 3, 12)]
    public void Encode_AnyFormat_DecodesToThePicture(string format, int channels, int tolerance)
    {
        var picture = Gradient(24, 17, channels);
        var file = ImageEncoder.Encode(picture, format);
        Assert.Equal($"image/{format}", Image.Identify(file).Metadata.DecodedImageFormat!.DefaultMimeType);
        using var decoded = Image.Load<Rgb24>(file);
        Assert.Equal((24, 17), (decoded.Width, decoded.Height));
        for (var y = 0; y < 17; y++)
        {
            for (var x = 0; x < 24; x++)
            {
                var (at, pixel) = ((y * 24 + x) * channels, decoded[x, y]);
                Assert.InRange(pixel.R - picture.Pixels[at], -tolerance, tolerance);
                Assert.InRange(pixel.G - picture.Pixels[at + (channels == 3 ? 1 : 0)], -tolerance, tolerance);
                Assert.InRange(pixel.B - picture.Pixels[at + channels - 1], -tolerance, tolerance);
            }
        }
    }

    /// <summary>The first step of the luminance table of ITU-T T.81, annex K, is 16; libjpeg's scale of quality 90 makes it (16 * 20 + 50) / 100.</summary>
    [Fact]
    public void Encode_Jpeg_IsOfQuality90()
    {
        var file = ImageEncoder.Encode(Gradient(24, 17, 1), "jpeg");
        var table = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xDB]);
        // marker, two bytes of length, one of precision and number
        Assert.Equal((0, 3), (file[table + 4], file[table + 5]));
    }

    [Fact]
    public void Encode_UnknownFormatOrChannels_IsRefused()
    {
        Assert.Contains("png, jpeg, webp", Assert.Throws<ArgumentException>(() => ImageEncoder.Encode(Gradient(2, 2, 1), "bmp")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ImageEncoder.Encode(new Picture(new byte[8], 2, 2, 2), "png"));
        Assert.Throws<ArgumentException>(() => ImageEncoder.MediaType("bmp"));
        Assert.Equal("image/webp", ImageEncoder.MediaType("webp"));
    }

    private static Picture Gradient(int width, int height, int channels)
    {
        var picture = new Picture(new byte[width * height * channels], width, height, channels);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var c = 0; c < channels; c++)
                    picture.Pixels[(y * width + x) * channels + c] = (byte)(20 + 5 * x + 4 * y + 10 * c);
        return picture;
    }
}
