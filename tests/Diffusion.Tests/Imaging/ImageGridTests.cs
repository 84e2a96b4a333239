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

    [Theory]
    [InlineData(7, 3)]
    [InlineData(7, 7)]
    [InlineData(7, 100)]
    public void Cells_OfASheet_AreThePicturesItWasMadeOf(int made, int asked)
    {
        var random = new Random(1);
        var pictures = Enumerable.Range(0, made).Select(_ => new Picture(new byte[4 * 3 * 3], 4, 3, 3)).ToArray();
        foreach (var picture in pictures) random.NextBytes(picture.Pixels);
        var cells = ImageGrid.Cells(ImageGrid.Arrange(pictures), 4, 3, asked);
        // 7 pictures lie on 3 x 3 places
        Assert.Equal(Math.Min(asked, 9), cells.Count);
        Assert.All(cells.Take(made).Zip(pictures), pair => Assert.Equal(pair.Second.Pixels, pair.First.Pixels));
    }

    [Fact]
    public void Arrange_GapsAndUnusedCells_HaveTheBackground()
    {
        var sheet = ImageGrid.Arrange([Flat(1, 2, 1, 3), Flat(2, 2, 1, 3), Flat(3, 2, 1, 3)], gap: 1, background: 9);
        byte[] Row(byte left, byte right) => [left, left, left, left, left, left, 9, 9, 9, right, right, right, right, right, right];
        Assert.Equal([.. Row(1, 2), .. Row(9, 9), .. Row(3, 9)], sheet.Pixels);
    }

    [Fact]
    public void Arrange_Pictures_StayAsTheyAre()
    {
        var sheet = ImageGrid.Arrange([new Picture([1, 2, 3, 4], 2, 2, 1), new Picture([5, 6, 7, 8], 2, 2, 1)], gap: 1, background: 0);
        Assert.Equal([1, 2, 0, 5, 6, 3, 4, 0, 7, 8], sheet.Pixels);
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
