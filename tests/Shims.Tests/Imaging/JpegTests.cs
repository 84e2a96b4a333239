using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

public sealed class JpegTests
{
    [Theory]
    [InlineData(JpegEncodingColor.YCbCrRatio444, 3, 0x11)]
    [InlineData(JpegEncodingColor.YCbCrRatio422, 3, 0x21)]
    [InlineData(JpegEncodingColor.YCbCrRatio420, 3, 0x22)]
    [InlineData(JpegEncodingColor.Luminance, 1, 0x11)]
    public void SaveAsJpeg_ColorType_IsWrittenIntoTheFrameHeader(JpegEncodingColor color, int components, int sampling)
    {
        using var image = Smooth(40, 24);

        byte[] file = Save(image, new JpegEncoder { ColorType = color, Quality = 90 });

        int frame = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        Assert.Equal(components, file[frame + 9]);
        Assert.Equal(sampling, file[frame + 11]);
        Assert.Equal((40, 24), (Image.Identify(file).Width, Image.Identify(file).Height));
    }

    [Fact]
    public void SaveAsJpeg_HighQuality_KeepsASmoothPicture()
    {
        using var image = Smooth(64, 48);

        byte[] best = Save(image, new JpegEncoder { Quality = 98, ColorType = JpegEncodingColor.YCbCrRatio444 }), worst = Save(image, new JpegEncoder { Quality = 5 });

        using var read = Image.Load<Rgb24>(best);
        Assert.All(Noise.Pixels(image).Zip(Noise.Pixels(read)), pair => Assert.InRange(pair.First - pair.Second, -6, 6));
        Assert.InRange(worst.Length, 1, best.Length / 2);
        Assert.Equal(JpegFormat.Instance, read.Metadata.DecodedImageFormat);
    }

    [Fact]
    public void SaveAsJpeg_L8_IsOneComponentAndReadsBackAsAnyPixel()
    {
        using var image = new Image<L8>(16, 16, new L8(77));

        byte[] file = Save(image, new JpegEncoder());

        Assert.Equal(1, file[file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]) + 9]);
        Assert.Equal(77, Image.Load<L8>(file)[3, 5].PackedValue);
        Assert.Equal(new Rgb24(77, 77, 77), Image.Load<Rgb24>(file)[3, 5]);
        Assert.Equal(new Rgba32(77, 77, 77, 255), Image.Load<Rgba32>(file)[3, 5]);
    }

    [Theory]
    [InlineData("progressive.jpg")]
    [InlineData("cmyk.jpg")]
    public void Load_CodingThatIsNotWritten_GivesItsColours(string name)
    {
        using var image = Image.Load<Rgba32>(Fixtures.Bytes(name));

        Assert.Equal(new Size(48, 40), image.Size);
        for (int y = 0; y < 40; y++)
        {
            for (int x = 0; x < 48; x++)
            {
                var pixel = image[x, y];
                Assert.InRange(pixel.R - (4 * x), -8, 8);
                Assert.InRange(pixel.G - (4 * y), -8, 8);
                Assert.InRange(pixel.B - 128, -8, 8);
                Assert.Equal(255, pixel.A);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public void Quality_OutOfRange_Throws(int quality) => Assert.Throws<ArgumentException>(() => new JpegEncoder { Quality = quality });

    private static byte[] Save(Image image, JpegEncoder encoder)
    {
        using var stream = new MemoryStream();
        image.SaveAsJpeg(stream, encoder);
        return stream.ToArray();
    }

    private static Image<Rgb24> Smooth(int width, int height)
    {
        var image = new Image<Rgb24>(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) image[x, y] = new Rgb24((byte)(2 * x), (byte)(3 * y), (byte)(100 + x + y));
        }
        return image;
    }
}
