using Diffusion.Noise;
using Diffusion.Testing;

namespace Diffusion.Tests.Noise;

public sealed class NoisePathTests
{
    private static float[] Normal(ulong seed, int size = 3072)
    {
        var values = new float[size];
        SeededNoise.Normal(seed, 0, 0, NoisePurpose.Start, values);
        return values;
    }

    private static float[] Between(NoisePath path, float[] a, float[] b, double u)
    {
        var values = new float[a.Length];
        path.Between(a, b, u, values);
        return values;
    }

    private static double Length(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    [Theory]
    [InlineData(NoisePath.Slerp)]
    [InlineData(NoisePath.Lerp)]
    public void Between_AtTheEnds_IsTheEndItself(NoisePath path)
    {
        var (a, b) = (Normal(1), Normal(2));
        Assert.Equal(a, Between(path, a, b, 0));
        Assert.Equal(b, Between(path, a, b, 1));
    }

    [Fact]
    public void Slerp_EndsOfOneLength_KeepsIt()
    {
        var (a, b) = (Normal(1), Normal(2));
        var scale = (float)(Length(a) / Length(b));
        b = Array.ConvertAll(b, v => v * scale);
        for (var k = 0; k <= 8; k++) Near.Relative(Length(a), Length(Between(NoisePath.Slerp, a, b, k / 8.0)), 1e-6, $"{k}/8");
    }

    [Fact]
    public void Slerp_BetweenNoises_IsAsLongAsNoise()
    {
        // the length of d normal numbers is chi: mean close to sqrt(d - 1/2), deviation close to sqrt(1/2)
        var mean = Enumerable.Range(0, 50).Average(i => Length(Between(NoisePath.Slerp, Normal((ulong)(2 * i)), Normal((ulong)(2 * i + 1)), 0.5)));
        Near.Absolute(Math.Sqrt(3072 - 0.5), mean, 4 * Math.Sqrt(0.5 / 50));
        // and a straight line falls short of it by sqrt(1/2) in the middle
        var straight = Enumerable.Range(0, 50).Average(i => Length(Between(NoisePath.Lerp, Normal((ulong)(2 * i)), Normal((ulong)(2 * i + 1)), 0.5)));
        Near.Relative(Math.Sqrt(0.5), straight / mean, 0.01);
    }

    [Fact]
    public void Slerp_ByAThird_TurnsByAThirdOfTheAngle()
    {
        float[] a = [2, 0], b = [0, 2];
        var third = Between(NoisePath.Slerp, a, b, 1.0 / 3);
        Near.Absolute(2 * Math.Cos(Math.PI / 6), third[0], 1e-6);
        Near.Absolute(2 * Math.Sin(Math.PI / 6), third[1], 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(0)]
    public void Slerp_WithoutAnAngle_IsTheStraightLine(float factor)
    {
        var a = Normal(3);
        var b = Array.ConvertAll(a, v => v * factor);
        Assert.Equal(Between(NoisePath.Lerp, a, b, 0.3), Between(NoisePath.Slerp, a, b, 0.3));
    }

    [Fact]
    public void Between_OtherLengths_IsRefused() => Assert.Throws<ArgumentException>(() => NoisePath.Slerp.Between(Normal(1, 4), Normal(2, 5), 0.5, new float[4]));
}
