using Diffusion.Imaging;

namespace Diffusion.Tests.Imaging;

public sealed class ImageGridTests
{
    [Theory]
    [InlineData(2, 2, 1)]
    [InlineData(3, 2, 2)]
    [InlineData(4, 2, 2)]
    [InlineData(5, 3, 2)]
    [InlineData(10, 4, 3)]
    [InlineData(16, 4, 4)]
    [InlineData(64, 8, 8)]
    public void Arrange_ManyPictures_MakesANearSquareGrid(int count, int columns, int rows)
    {
        var sheet = ImageGrid.Arrange([.. Enumerable.Range(0, count).Select(i => Flat((byte)i, 5, 3, 1))]);
        Assert.Equal((columns * 5 + (columns - 1) * 2, rows * 3 + (rows - 1) * 2), (sheet.Width, sheet.Height));
        for (var i = 0; i < count; i++)
            Assert.Equal((byte)i, sheet.Pixels[(i / columns * 5 + 2) * sheet.Width + i % columns * 7 + 4]);
    }

    [Fact]
    public void Arrange_GapsAndUnusedCells_HaveTheBackground()
    {
        var sheet = ImageGrid.Arrange([Flat(1, 2, 1, 3), Flat(2, 2, 1, 3), Flat(3, 2, 1, 3)], gap: 1, background: 9);
        byte[] Row(byte left, byte right) => [left, left, left, left, left, left, 9, 9, 9, right, right, right, right, right, right];
        Assert.Equal([.. Row(1, 2), .. Row(9, 9), .. Row(3, 9)], sheet.Pixels);
    }

    [Fact]
    public void Arrange_OnePicture_IsThePicture()
    {
        var picture = Flat(7, 4, 4, 1);
        Assert.Same(picture, ImageGrid.Arrange([picture]));
    }

    [Fact]
    public void Arrange_NothingOrDifferentSizes_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ImageGrid.Arrange([]));
        Assert.Throws<ArgumentException>(() => ImageGrid.Arrange([Flat(1, 2, 2, 1), Flat(1, 2, 3, 1)]));
    }

    private static Picture Flat(byte value, int width, int height, int channels)
    {
        var picture = new Picture(new byte[width * height * channels], width, height, channels);
        Array.Fill(picture.Pixels, value);
        return picture;
    }
}
