using Diffusion.Noise;
using Diffusion.Testing;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class GaussianTermsTests
{
    [Fact]
    public void Divergence_OfTwoKnownNormals_IsTheKnownNumber()
    {
        using var scope = NewDisposeScope();
        var found = GaussianTerms.Divergence(tensor(-1.0), tensor(0.0), tensor(Math.Log(4)));
        Near.Absolute(0.4431472, found.item<double>(), 5e-8);
        Assert.Equal(0, GaussianTerms.Divergence(tensor(0.0), tensor(-3.5), tensor(-3.5)).item<double>());
    }

    [Theory]
    [InlineData(0.0, 0.3, NormalCdf.Exact)]
    [InlineData(-0.98, 0.01, NormalCdf.Exact)]
    [InlineData(0.4, 0.005, NormalCdf.Exact)]
    [InlineData(1.2, 2, NormalCdf.Exact)]
    [InlineData(0.0, 0.3, NormalCdf.Tanh)]
    [InlineData(1.2, 2, NormalCdf.Tanh)]
    public void LogLevel_OfAllLevels_AddsUpToOne(double mean, double deviation, NormalCdf cdf)
    {
        using var scope = NewDisposeScope();
        var levels = tensor(Enumerable.Range(0, 256).Select(l => l / 127.5 - 1).ToArray());
        var logs = GaussianTerms.LogLevel(levels, tensor(mean), tensor(2 * Math.Log(deviation)), cdf);
        // what lies under the floor of 1e-12 counts that much instead
        Near.Absolute(1, logs.exp().sum().item<double>(), 1e-9);
    }

    /// <summary>The levels of the left end, between and of the right end, by the published approximation as published code writes it.</summary>
    [Theory]
    [InlineData(-1, -0.9, 0.05)]
    [InlineData(0.2, 0.1, 0.04)]
    [InlineData(0.2, 0.3, 0.04)]
    [InlineData(1, 0.9, 0.05)]
    public void LogLevel_ByTanh_IsThatOfPublishedCode(double level, double mean, double deviation)
    {
        using var scope = NewDisposeScope();
        static double Mass(double z) => 0.5 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)));
        double upper = Mass((level - mean + 1 / 255.0) / deviation), lower = Mass((level - mean - 1 / 255.0) / deviation);
        var expected = Math.Log(level < -0.999 ? upper : level > 0.999 ? 1 - lower : upper - lower);
        double Found(NormalCdf cdf) => GaussianTerms.LogLevel(tensor(level), tensor(mean), tensor(2 * Math.Log(deviation)), cdf).item<double>();
        Near.Absolute(expected, Found(NormalCdf.Tanh), 1e-12);
        Assert.True(Math.Abs(expected - Found(NormalCdf.Exact)) > 1e-4);
    }

    [Fact]
    public void LogLevel_FarAway_IsTheFloor()
    {
        using var scope = NewDisposeScope();
        Near.Absolute(-39.863137, GaussianTerms.LogLevel(tensor(0.5), tensor(-1.0), tensor(-9.0)).item<double>() / Math.Log(2), 1e-6);
    }
}
