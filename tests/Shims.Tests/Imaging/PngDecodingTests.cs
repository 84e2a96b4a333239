using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

public sealed class PngDecodingTests
{
    public static TheoryData<string> Files => Fixtures.Names(".png");

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_FileOfAnIndependentWriter_GivesItsPixels(string name)
    {
        using var image = Image.Load<Rgba32>(Fixtures.Bytes(name));

        Assert.Equal(Fixtures.Expected[name].Single(), Fixtures.Picture.Of(image.Frames.RootFrame));
        Assert.Equal(PngFormat.Instance, image.Metadata.DecodedImageFormat);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Identify_FileOfAnIndependentWriter_GivesItsSize(string name)
    {
        var expected = Fixtures.Expected[name].First();

        var info = Image.Identify(Fixtures.PathOf(name));

        Assert.Equal((expected.Width, expected.Height), (info.Width, info.Height));
    }

    [Fact]
    public void Load_AsRgbAndLuminance_DropsAlphaAndTakesLuma()
    {
        byte[] file = Fixtures.Bytes("c6-d8.png");
        using var rgba = Image.Load<Rgba32>(file);
        using var rgb = Image.Load<Rgb24>(new MemoryStream(file));
        using var gray = Image.Load<L8>(Fixtures.PathOf("c6-d8.png"));

        for (int y = 0; y < rgba.Height; y++)
        {
            for (int x = 0; x < rgba.Width; x++)
            {
                var p = rgba[x, y];
                Assert.Equal(new Rgb24(p.R, p.G, p.B), rgb[x, y]);
                Assert.Equal((.2126 * p.R) + (.7152 * p.G) + (.0722 * p.B), gray[x, y].PackedValue, 0.51);
            }
        }
    }

    [Fact]
    public async Task LoadAsync_OfAStream_GivesTheSamePixels()
    {
        await using var stream = File.OpenRead(Fixtures.PathOf("c2-d8.png"));

        using var image = await Image.LoadAsync<Rgba32>(stream);

        Assert.Equal(Fixtures.Expected["c2-d8.png"].Single(), Fixtures.Picture.Of(image.Frames.RootFrame));
    }
}
