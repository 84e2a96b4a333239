using Diffusion.Imaging;
using static TorchSharp.torch;

namespace Diffusion.Tests.Imaging;

public sealed class PixelsTests
{
    [Fact]
    public void ToByte_EveryByte_RoundTrips()
    {
        for (var value = 0; value < 256; value++) Assert.Equal(value, Pixels.ToByte(Pixels.ToFloat((byte)value)));
    }

    [Theory]
    [InlineData(-1f, 0)]
    [InlineData(-5f, 0)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.NaN, 0)]
    [InlineData(0f, 128)]
    [InlineData(-0.2f, 102)]
    [InlineData(0.999f, 255)]
    [InlineData(1f, 255)]
    [InlineData(7f, 255)]
    [InlineData(float.PositiveInfinity, 255)]
    public void ToByte_AnyValue_IsClampedAndRounded(float value, byte expected) => Assert.Equal(expected, Pixels.ToByte(value));

    [Fact]
    public void Interleave_ThreeChannels_PutsThemBesideEachOther()
    {
        var pixels = new byte[6];
        Pixels.Interleave([-1, 1, 0, 0, 1, -1], 3, pixels);
        Assert.Equal([0, 128, 255, 255, 128, 0], pixels);
    }

    [Fact]
    public void Interleave_WrongLengths_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => Pixels.Interleave(new float[6], 3, new byte[5]));
        Assert.Throws<ArgumentException>(() => Pixels.Separate(new byte[5], 3, new float[5]));
    }

    [Fact]
    public void ToTensor_OfPictures_RoundTripsThroughToPictures()
    {
        var random = new Random(4);
        var pictures = new Picture[3];
        for (var i = 0; i < pictures.Length; i++)
        {
            pictures[i] = new Picture(new byte[5 * 4 * 3], Width: 5, Height: 4, Channels: 3);
            random.NextBytes(pictures[i].Pixels);
        }
        using var scope = NewDisposeScope();
        var images = Pixels.ToTensor(pictures);
        Assert.Equal([3, 3, 4, 5], images.shape);
        var (row, column, channel) = (2, 3, 1);
        Assert.Equal(Pixels.ToFloat(pictures[1].Pixels[(row * 5 + column) * 3 + channel]), images[1, channel, row, column].item<float>());
        var back = Pixels.ToPictures(images);
        for (var i = 0; i < pictures.Length; i++)
        {
            Assert.Equal(pictures[i].Pixels, back[i].Pixels);
            Assert.Equal((5, 4, 3), (back[i].Width, back[i].Height, back[i].Channels));
        }
    }

    [Fact]
    public void ToPictures_OfAView_FollowsItsStrides()
    {
        using var scope = NewDisposeScope();
        var images = arange(8, dtype: ScalarType.Float32).reshape(1, 1, 2, 4).div(4).sub(1).transpose(2, 3);
        Assert.Equal([0, 128, 32, 159, 64, 191, 96, 223], Pixels.ToPictures(images)[0].Pixels);
    }
}
