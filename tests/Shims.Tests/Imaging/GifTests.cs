using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

public sealed class GifTests
{
    public static TheoryData<string> Files => Fixtures.Names(".gif");

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_FileOfAnIndependentWriter_GivesItsFrames(string name)
    {
        using var image = Image.Load<Rgba32>(Fixtures.Bytes(name));

        Assert.Equal(Fixtures.Expected[name], image.Frames.Select(Fixtures.Picture.Of));
        Assert.Equal(GifFormat.Instance, image.Metadata.DecodedImageFormat);
    }

    [Fact]
    public void Load_Animation_GivesDelaysAndRepeats()
    {
        using var image = Image.Load<Rgba32>(Fixtures.Bytes("animation.gif"));

        Assert.Equal([7, 20, 7, 300, 7], image.Frames.Select(frame => frame.Metadata.GetGifMetadata().FrameDelay));
        Assert.Equal(3, image.Metadata.GetGifMetadata().RepeatCount);
    }

    [Fact]
    public void Load_MaxFrames_StopsThere()
    {
        using var image = Image.Load<Rgba32>(new DecoderOptions { MaxFrames = 2 }, Fixtures.Bytes("animation.gif"));

        Assert.Equal(Fixtures.Expected["animation.gif"].Take(2), image.Frames.Select(Fixtures.Picture.Of));
    }

    [Fact]
    public void SaveAsGif_AtMost256ColoursAFrame_IsExactInEveryFrame()
    {
        using var image = new Image<Rgb24>(16, 16);
        for (int n = 0; n < 5; n++)
        {
            using var frame = Noise.Image<Rgb24>(16, 16, 40 + n);
            image.Frames.AddFrame(frame.Frames.RootFrame).Metadata.GetGifMetadata().FrameDelay = 4 + n;
        }
        image.Frames.RemoveFrame(0);
        image.Metadata.GetGifMetadata().RepeatCount = 0;

        using var read = Image.Load<Rgb24>(Save(image));

        Assert.Equal(5, read.Frames.Count);
        for (int n = 0; n < 5; n++) Assert.Equal(Pixels(image.Frames[n]), Pixels(read.Frames[n]));
        Assert.Equal([4, 5, 6, 7, 8], read.Frames.Select(frame => frame.Metadata.GetGifMetadata().FrameDelay));
        Assert.Equal(0, read.Metadata.GetGifMetadata().RepeatCount);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(97, 103)]
    [InlineData(300, 200)]
    public void SaveAsGif_Luminance_IsExact(int width, int height)
    {
        using var image = Noise.Image<L8>(width, height, width);

        Assert.Equal(Noise.Pixels(image), Noise.Pixels(Image.Load<L8>(Save(image))));
    }

    [Fact]
    public void SaveAsGif_ManyColours_StayNear()
    {
        using var image = new Image<Rgb24>(64, 64);
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 64; x++) image[x, y] = new Rgb24((byte)(4 * x), (byte)(4 * y), (byte)(2 * (x + y)));
        }

        using var read = Image.Load<Rgb24>(Save(image));

        double worst = 0, sum = 0;
        foreach (var (a, b) in Noise.Pixels(image).Zip(Noise.Pixels(read)))
        {
            worst = Math.Max(worst, Math.Abs(a - b));
            sum += (a - b) * (a - b);
        }
        // the best regular palette, 16 by 16 square cells, gives 17.8
        Assert.InRange(sum / (64 * 64 * 3), 0, 25);
        Assert.InRange(worst, 0, 16);
    }

    [Fact]
    public void SaveAsGif_TransparentPixels_StayTransparentInEveryFrame()
    {
        using var image = new Image<Rgba32>(4, 1, new Rgba32(200, 10, 10, 255));
        using var holes = new Image<Rgba32>(4, 1, new Rgba32(10, 200, 10, 255));
        holes[1, 0] = new Rgba32(1, 2, 3, 0);
        image.Frames.AddFrame(holes.Frames.RootFrame);
        image.Frames.AddFrame(holes.Frames.RootFrame);
        image[2, 0] = default;

        using var read = Image.Load<Rgba32>(Save(image));

        Assert.Equal([255, 255, 0, 255], Alphas(read.Frames[0]));
        Assert.Equal([255, 0, 255, 255], Alphas(read.Frames[1]));
        Assert.Equal([255, 0, 255, 255], Alphas(read.Frames[2]));
    }

    private static byte[] Save(Image image)
    {
        using var stream = new MemoryStream();
        image.SaveAsGif(stream, new GifEncoder());
        return stream.ToArray();
    }

    private static byte[] Pixels(ImageFrame<Rgb24> frame)
    {
        var bytes = new byte[frame.Width * frame.Height * 3];
        frame.CopyPixelDataTo(bytes);
        return bytes;
    }

    private static IEnumerable<int> Alphas(ImageFrame<Rgba32> frame) => Enumerable.Range(0, frame.Width).Select(x => (int)frame[x, 0].A);
}
