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
    [InlineData(0.0, 0.3)]
    [InlineData(-0.98, 0.01)]
    [InlineData(0.4, 0.005)]
    [InlineData(1.2, 2)]
    public void LogLevel_OfAllLevels_AddsUpToOne(double mean, double deviation)
    {
        using var scope = NewDisposeScope();
        var levels = tensor(Enumerable.Range(0, 256).Select(l => l / 127.5 - 1).ToArray());
        var logs = GaussianTerms.LogLevel(levels, tensor(mean), tensor(2 * Math.Log(deviation)));
        // what lies under the floor of 1e-12 counts that much instead
        Near.Absolute(1, logs.exp().sum().item<double>(), 1e-9);
    }

    [Fact]
    public void LogLevel_FarAway_IsTheFloor()
    {
        using var scope = NewDisposeScope();
        Near.Absolute(-39.863137, GaussianTerms.LogLevel(tensor(0.5), tensor(-1.0), tensor(-9.0)).item<double>() / Math.Log(2), 1e-6);
    }
}
