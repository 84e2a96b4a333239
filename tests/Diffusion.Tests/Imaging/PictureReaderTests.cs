using Diffusion.Imaging;
using Diffusion.Testing;

namespace Diffusion.Tests.Imaging;

public sealed class PictureReaderTests
{
    private static Picture Paint(int width, int height, int channels)
    {
        var pixels = new byte[width * height * channels];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / channels % width * 255 / width);
        return new Picture(pixels, width, height, channels);
    }

    private static UnreadablePictureException Refused(byte[] file, long maxPixels = 1 << 20) =>
        Assert.Throws<UnreadablePictureException>(() => PictureReader.Read(file, 8, 1, maxPixels, out _));

    [Theory]
    [InlineData("png")]
    [InlineData("webp")]
    public void Read_PictureOfTheModelsShape_IsLeftAlone(string format)
    {
        var picture = Paint(8, 8, 3);
        var read = PictureReader.Read(ImageEncoder.Encode(picture, format), 8, 3, 64, out var pixels);
        Assert.Equal(picture.Pixels, read.Pixels);
        Assert.Equal(64, pixels);
    }

    [Fact]
    public void Read_Jpeg_IsNearTheOriginal()
    {
        var picture = Paint(32, 32, 1);
        var read = PictureReader.Read(ImageEncoder.Encode(picture, "jpeg"), 32, 1, 1 << 20, out _);
        Assert.All(picture.Pixels.Zip(read.Pixels), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, 12));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    public void Read_OtherChannels_AreConverted(int from, int to)
    {
        var read = PictureReader.Read(ImageEncoder.Encode(Paint(8, 8, from), "png"), 8, to, 64, out _);
        Assert.Equal((8, 8, to), (read.Width, read.Height, read.Channels));
        // equal red, green and blue are a grey of that value
        Assert.All(Paint(8, 8, to).Pixels.Zip(read.Pixels), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, 1));
    }

    /// <summary>Weights 0.2126, 0.7152, 0.0722 of ITU-R BT.709.</summary>
    [Theory]
    [InlineData(255, 0, 0, 54)]
    [InlineData(0, 255, 0, 182)]
    [InlineData(0, 0, 255, 18)]
    [InlineData(10, 200, 60, 149)]
    public void Recolour_AnyColour_IsItsLuminance(byte red, byte green, byte blue, int grey)
    {
        var picture = PictureReader.Recolour(new Picture([red, green, blue], Width: 1, Height: 1, Channels: 3), 1);
        Assert.InRange(Assert.Single(picture.Pixels), grey - 1, grey + 1);
    }

    [Fact]
    public void Read_WidePicture_IsCutOnBothSidesAndNotSqueezed()
    {
        var read = PictureReader.Read(ImageEncoder.Encode(Paint(64, 16, 1), "png"), 16, 1, 1 << 20, out _);
        // columns 24 to 39 of 64
        Assert.InRange(read.Pixels[0], 24 * 255 / 64 - 6, 24 * 255 / 64 + 6);
        Assert.InRange(read.Pixels[15], 39 * 255 / 64 - 6, 39 * 255 / 64 + 6);
    }

    [Theory]
    [InlineData(64, 16)]
    [InlineData(16, 64)]
    [InlineData(5, 7)]
    public void Read_OtherShapes_KeepTheMiddle(int width, int height)
    {
        var read = PictureReader.Read(ImageEncoder.Encode(Paint(width, height, 1), "png"), 16, 1, 1 << 20, out _);
        Assert.Equal(16 * 16, read.Pixels.Length);
        // a ramp from left to right stays one, and its middle stays in the middle
        Assert.InRange((read.Pixels[7] + read.Pixels[8]) / 2, 100, 150);
        Assert.True(read.Pixels[0] < read.Pixels[15]);
    }

    [Fact]
    public void Read_NoImage_IsOfNoFormat() => Assert.Equal(PictureDamage.Format, Refused("hello"u8.ToArray()).Damage);

    [Fact]
    public void Read_Gif_IsOfAFormatThatIsNotRead() =>
        Assert.Contains("GIF", Refused(File.ReadAllBytes(Repository.Path("tests", "fixtures", "images", "global.gif"))).Message, StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    public void Read_CutShort_IsDamaged(string format)
    {
        var file = ImageEncoder.Encode(Paint(64, 64, 1), format);
        Assert.Equal(PictureDamage.Content, Refused(file[..(file.Length * 2 / 3)]).Damage);
    }

    [Fact]
    public void Read_MorePixelsThanAllowed_IsTooLarge() => Assert.Equal(PictureDamage.Size, Refused(ImageEncoder.Encode(Paint(9, 8, 1), "png"), 64).Damage);

    [Fact]
    public void Read_Animation_IsRefused()
    {
        var png = ImageEncoder.Encode(Paint(8, 8, 1), "png");
        byte[] animated = [.. png[..33], 0, 0, 0, 8, .. "acTL"u8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, .. png[33..]];
        Assert.Contains("animation", Refused(animated).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x00, false)]
    [InlineData(0x02, true)]
    [InlineData(0x12, true)]
    [InlineData(0x10, false)]
    public void AnimationFlag_OfAnExtendedWebp_IsItsBit(byte flags, bool expected)
    {
        // RIFF, VP8X of 10 bytes: flags, reserved, width - 1, height - 1; the frames come after it
        byte[] file = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, flags, 0, 0, 0, 7, 0, 0, 7, 0, 0];
        Assert.Equal(expected, AnimationFlag.IsSet(file));
    }

    [Fact]
    public void Error_OfAKnownDifference_IsItsShareOfTheRange()
    {
        var error = PictureError.Between([-1, 0, 1, 3], [-1, 0.2f, 0.8f, 1]);
        Near.Absolute(Math.Sqrt((0.1 * 0.1 + 0.1 * 0.1) / 4), error.Rmse, 1e-7);
        Near.Absolute(-20 * Math.Log10(error.Rmse), error.Psnr!.Value, 1e-9);
        Assert.Null(PictureError.Between([0.5f], [0.5f]).Psnr);
    }
}
