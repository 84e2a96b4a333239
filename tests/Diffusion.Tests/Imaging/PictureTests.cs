using Diffusion.Imaging;

namespace Diffusion.Tests.Imaging;

public sealed class PictureTests
{
    [Fact]
    public void Magnify_TwoChannelsOfColour_RepeatsWholePixels()
    {
        var picture = new Picture([1, 2, 3, 4, 5, 6], Width: 2, Height: 1, Channels: 3);
        var large = picture.Magnify(2);
        Assert.Equal((4, 2, 3), (large.Width, large.Height, large.Channels));
        byte[] row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6];
        Assert.Equal([.. row, .. row], large.Pixels);
        Assert.Throws<ArgumentOutOfRangeException>(() => picture.Magnify(0));
    }
}
