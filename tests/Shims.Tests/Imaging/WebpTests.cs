using System.Buffers.Binary;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

public sealed class WebpTests
{
    private static readonly WebpEncoder Lossless = new() { FileFormat = WebpFileFormatType.Lossless };

    [Fact]
    public void SaveAsWebp_Lossless_IsExact()
    {
        using var rgb = Noise.Image<Rgb24>(31, 17, 1);
        using var gray = Noise.Image<L8>(5, 9, 2);
        using var rgba = Noise.Image<Rgba32>(8, 8, 3);
        // colours under full transparency are the encoder's to choose
        rgba.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < 8; y++)
            {
                foreach (ref var pixel in rows.GetRowSpan(y)) pixel.A |= 1;
            }
        });

        Assert.Equal(Noise.Pixels(rgb), Noise.Pixels(Image.Load<Rgb24>(Save(rgb, Lossless))));
        Assert.Equal(Noise.Pixels(gray), Noise.Pixels(Image.Load<L8>(Save(gray, Lossless))));
        Assert.Equal(Noise.Pixels(rgba), Noise.Pixels(Image.Load<Rgba32>(Save(rgba, Lossless))));
    }

    [Fact]
    public void SaveAsWebp_Lossy_IsNearAndSmallerWithLessQuality()
    {
        using var image = new Image<Rgb24>(48, 48);
        for (int y = 0; y < 48; y++)
        {
            for (int x = 0; x < 48; x++) image[x, y] = new Rgb24((byte)(4 * x), 128, (byte)(4 * y));
        }

        byte[] good = Save(image, new WebpEncoder { Quality = 95 }), poor = Save(image, new WebpEncoder { Quality = 5 });

        Assert.InRange(Noise.Pixels(image).Zip(Noise.Pixels(Image.Load<Rgb24>(good))).Average(pair => Math.Abs(pair.First - pair.Second)), 0, 5);
        Assert.InRange(poor.Length, 1, good.Length - 1);
        Assert.Equal((48, 48), (Image.Identify(good).Width, Image.Identify(good).Height));
        Assert.Equal(WebpFormat.Instance, Image.Identify(good).Metadata.DecodedImageFormat);
    }

    [Fact]
    public void Load_Animation_GivesItsFirstFrameInItsPlace()
    {
        using var image = new Image<Rgba32>(3, 2, new Rgba32(9, 8, 7, 255));
        byte[] still = Save(image, Lossless);

        using var read = Image.Load<Rgba32>(Animation(still[12..], 3, 2, x: 4, y: 2, canvasWidth: 10, canvasHeight: 5));

        Assert.Equal((10, 5), (read.Width, read.Height));
        Assert.Equal(new Rgba32(9, 8, 7, 255), read[4, 2]);
        Assert.Equal(new Rgba32(9, 8, 7, 255), read[6, 3]);
        Assert.Equal(0, read[3, 2].A);
        Assert.Equal(0, read[4, 4].A);
        Assert.Throws<InvalidImageContentException>(() => Image.Load<Rgba32>(Animation(still[12..], 3, 2, x: 8, y: 2, canvasWidth: 10, canvasHeight: 5)));
    }

    // the container of RFC 9649, section 2.7
    internal static byte[] Animation(byte[] frame, int width, int height, int x, int y, int canvasWidth, int canvasHeight)
    {
        byte[] extended = [.. "VP8X"u8, 10, 0, 0, 0, 0x12, 0, 0, 0, .. UInt24(canvasWidth - 1), .. UInt24(canvasHeight - 1)];
        byte[] animation = [.. "ANIM"u8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] header = [.. UInt24(x / 2), .. UInt24(y / 2), .. UInt24(width - 1), .. UInt24(height - 1), .. UInt24(40), 0];
        byte[] chunks = [.. "WEBP"u8, .. extended, .. animation, .. "ANMF"u8, .. UInt32(header.Length + frame.Length), .. header, .. frame];
        return [.. "RIFF"u8, .. UInt32(chunks.Length), .. chunks];
    }

    private static byte[] UInt24(int value) => UInt32(value)[..3];

    private static byte[] UInt32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Save(Image image, WebpEncoder encoder)
    {
        using var stream = new MemoryStream();
        image.SaveAsWebp(stream, encoder);
        return stream.ToArray();
    }
}
