using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Loop;

public sealed class AugmentationTests
{
    private const int Size = 5;

    // no two values alike, so that a misplaced one shows
    private static float[] Picture(int channels = 1) => [.. Enumerable.Range(0, channels * Size * Size).Select(i => (i * 37 % 101) / 50.5f - 1f)];

    [Fact]
    public void Mirror_SwapsTheColumns_AndTwiceIsNothing()
    {
        var (picture, turned) = (Picture(2), Picture(2));
        Augmentation.Mirror(turned, Size);
        for (var i = 0; i < picture.Length; i++) Assert.Equal(picture[i / Size * Size + (Size - 1 - i % Size)], turned[i]);
        Augmentation.Mirror(turned, Size);
        Assert.Equal(picture, turned);
    }

    [Fact]
    public void Turn_AQuarter_IsATransposition()
    {
        var (picture, turned) = (Picture(2), Picture(2));
        Augmentation.Turn(turned, Size, Math.PI / 2);
        for (var plane = 0; plane < 2; plane++)
            for (var y = 0; y < Size; y++)
                for (var x = 0; x < Size; x++)
                    Near.Absolute(picture[plane * 25 + (Size - 1 - x) * Size + y], turned[plane * 25 + y * Size + x], 1e-5);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(-1.1)]
    [InlineData(3)]
    public void Turn_AnEvenGround_BringsNothingInOverTheEdge(double angle)
    {
        var picture = Enumerable.Repeat(0.75f, Size * Size).ToArray();
        Augmentation.Turn(picture, Size, angle);
        Assert.All(picture, v => Near.Absolute(0.75, v, 1e-6));
    }

    [Fact]
    public void Turn_ASlope_FollowsItInside()
    {
        // linear in x: bilinear interpolation is exact away from the reflection
        var picture = Enumerable.Range(0, Size * Size).Select(i => 0.1f * (i % Size)).ToArray();
        Augmentation.Turn(picture, Size, 0.3);
        for (var y = 1; y < 4; y++)
            for (var x = 1; x < 4; x++)
                Near.Absolute(0.1 * (Math.Cos(0.3) * (x - 2) + Math.Sin(0.3) * (y - 2) + 2), picture[y * Size + x], 1e-6);
    }

    [Fact]
    public void Colour_FollowsTheFormula()
    {
        // in 0..1: 0.25 and 0.75; brighter by 1.2 they are 0.3 and 0.9, mean 0.6; half the contrast makes 0.45 and 0.75
        float[] picture = [-0.5f, 0.5f, 0.5f, -0.5f];
        Augmentation.Colour(picture, 2, 1.2, 0.5);
        Assert.Equal([-0.1f, 0.5f, 0.5f, -0.1f], picture, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Colour_WithoutContrast_IsTheLumaOfThePicture()
    {
        // red 1, green 0, blue 0
        float[] picture = [1f, -1f, -1f];
        Augmentation.Colour(picture, 1, 1, 0);
        Assert.All(picture, v => Near.Absolute(2 * 0.299 - 1, v, 1e-6));
    }

    [Fact]
    public void Apply_Flip_HappensAtItsRateAndSaysSo()
    {
        var change = new Augmentation(new AugmentationSettings { Flip = 0.3 }, seed: 4, Size);
        var (flips, expected) = (0, Picture());
        Augmentation.Mirror(expected, Size);
        for (var i = 0u; i < 2000; i++)
        {
            var picture = Picture();
            var mirrored = change.Apply(i, 7, picture);
            Assert.Equal(mirrored ? expected : Picture(), picture);
            flips += mirrored ? 1 : 0;
        }
        Near.Absolute(0.3, flips / 2000.0, 3 * Math.Sqrt(0.21 / 2000), "flips");
    }

    [Fact]
    public void Apply_SameImageAndStep_IsTheSame_AndAnotherStepIsNot()
    {
        var change = new Augmentation(new AugmentationSettings { Rotate = 10, Brightness = 0.25, Contrast = 0.25 }, seed: 4, Size);
        float[] one = Picture(), same = Picture(), later = Picture();
        change.Apply(3, 5, one);
        change.Apply(3, 5, same);
        change.Apply(3, 6, later);
        Assert.Equal(one, same);
        Assert.NotEqual(one, later);
        Assert.NotEqual(Picture(), one);
    }
}
