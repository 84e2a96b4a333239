using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class PerceptualNetworkTests
{
    [Theory]
    [InlineData("features", "cannot be run on two batches")]
    [InlineData("pixels", "must give one distance a pair")]
    public void Load_WhatIsNoDistanceOfPairs_SaysSo(string script, string problem) =>
        Assert.Contains(problem, Assert.Throws<EvaluationException>(() => PerceptualNetwork.Load(TinyJob.Script(script), 0, 3, 8, CPU)).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_WhatIsNoTorchScript_SaysSo() =>
        Assert.Contains("TorchScript", Assert.Throws<EvaluationException>(() => PerceptualNetwork.Load(Repository.Path("README.md"), 0, 3, 8, CPU)).Message, StringComparison.Ordinal);

    [Fact]
    public void Between_GreyImages_AreSeenInThreeChannels()
    {
        using var network = PerceptualNetwork.Load(TinyJob.PerceptualNetwork, 0, 1, 8, CPU);
        using var scope = NewDisposeScope();
        var (a, b) = (Ramp(1), Ramp(1).flip(3));
        var grey = network.Between(a, b);
        Assert.Equal([2, 1, 1, 1], grey.shape);
        var colour = network.Between(a.expand(-1, 3, -1, -1), b.expand(-1, 3, -1, -1));
        Assert.Equal(grey.data<float>().ToArray(), colour.data<float>().ToArray());
    }

    [Fact]
    public void Between_ImagesWithoutAGradient_HasNoneOfTheScriptsOwn()
    {
        using var network = PerceptualNetwork.Load(TinyJob.PerceptualNetwork, 0, 1, 8, CPU);
        using var scope = NewDisposeScope();
        var image = Ramp(1);
        Assert.False(network.Between(image, image.flip(3)).requires_grad);
        image.requires_grad = true;
        Assert.True(network.Between(image, image.flip(3)).requires_grad);
    }

    /// <summary>A constant difference stays what it is at any size; a checkered one is smoothed away by enlarging it.</summary>
    [Fact]
    public void Between_WithASize_SeesResizedImages()
    {
        using PerceptualNetwork plain = PerceptualNetwork.Load(TinyJob.Script("pair"), 0, 1, 8, CPU), resized = PerceptualNetwork.Load(TinyJob.Script("pair"), 21, 1, 8, CPU);
        using var scope = NewDisposeScope();
        var zero = zeros(1, 1, 8, 8);
        Near.Absolute(0.25, resized.Between(full([1, 1, 8, 8], 0.5f), zero).item<float>(), 1e-6);
        var checkered = tensor([.. Enumerable.Range(0, 64).Select(i => (i / 8 + i) % 2 == 0 ? 1f : -1f)], [1, 1, 8, 8], ScalarType.Float32);
        Near.Absolute(1, plain.Between(checkered, zero).item<float>(), 1e-6);
        Assert.InRange(resized.Between(checkered, zero).item<float>(), 0.01, 0.6);
    }

    private static Tensor Ramp(int channels) => tensor([.. Enumerable.Range(0, 128 * channels).Select(i => i / (128f * channels))], [2, channels, 8, 8], ScalarType.Float32);
}
