using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Shims.Tests.Imaging;

public sealed class PixelAccessTests
{
    [Fact]
    public void LoadPixelData_BytesAndPixels_GiveTheSameImage()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

        using var image = Image.LoadPixelData<Rgb24>(bytes, 2, 2);

        Assert.Equal(new Rgb24(4, 5, 6), image[1, 0]);
        Assert.Equal(new Rgb24(7, 8, 9), image[0, 1]);
        Assert.Equal(bytes, Noise.Pixels(image));
    }

    [Fact]
    public void LoadPixelData_TooFewPixelsOrNoSize_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Image.LoadPixelData<L8>(new byte[3], 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Image<L8>(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Image<L8>(4, -1));
    }

    [Fact]
    public void CopyPixelDataTo_ShortDestination_Throws()
    {
        using var image = new Image<L8>(2, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => image.CopyPixelDataTo(new L8[3]));
    }

    [Fact]
    public void Indexer_Outside_Throws()
    {
        using var image = new Image<Rgb24>(3, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => image[3, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => image[0, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => image[-1, 0] = default);
    }

    [Fact]
    public void ProcessPixelRows_WrittenRows_AreTheImage()
    {
        using var image = new Image<L8>(4, 3, new L8(9));
        image.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < rows.Height; y++)
            {
                var row = rows.GetRowSpan(y);
                Assert.Equal(4, row.Length);
                row[y].PackedValue = (byte)(100 + y);
            }
        });

        Assert.Equal([100, 9, 9, 9, 9, 101, 9, 9, 9, 9, 102, 9], Noise.Pixels(image));
        Assert.True(image.DangerousTryGetSinglePixelMemory(out var memory));
        Assert.Equal(101, memory.Span[5].PackedValue);
    }

    [Fact]
    public void Clone_Changed_LeavesTheOriginal()
    {
        using var image = Noise.Image<Rgba32>(3, 3, 7);
        byte[] before = Noise.Pixels(image);

        using var clone = image.Clone();
        clone[1, 1] = default;

        Assert.Equal(before, Noise.Pixels(image));
        Assert.NotEqual(before, Noise.Pixels(clone));
    }

    [Fact]
    public void Frames_AddedAndRemoved_KeepOrderAndAreCopies()
    {
        using var image = new Image<L8>(2, 1, new L8(1));
        using var other = new Image<L8>(2, 1, new L8(2));

        image.Frames.AddFrame(other.Frames.RootFrame);
        image.Frames.AddFrame([new L8(3), new L8(4)]);
        other[0, 0] = new L8(99);

        Assert.Equal(3, image.Frames.Count);
        Assert.Equal([1, 2, 3], image.Frames.Select(frame => (int)frame[0, 0].PackedValue));
        image.Frames.RemoveFrame(0);
        Assert.Equal(2, image.Frames.RootFrame[0, 0].PackedValue);
        using var wide = new Image<L8>(3, 1);
        Assert.Throws<ArgumentException>(() => image.Frames.AddFrame(wide.Frames.RootFrame));
    }

    [Fact]
    public void Image_AfterDispose_Throws()
    {
        var image = new Image<L8>(2, 2);
        image.Dispose();

        Assert.Throws<ObjectDisposedException>(() => image[0, 0]);
        Assert.Throws<ObjectDisposedException>(() => image.SaveAsPng(new MemoryStream()));
    }
}
