using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Jobs;
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

    [Theory]
    [InlineData("perceptual")]
    [InlineData("cosine")]
    public void Between_TwoImages_IsTheSameBothWaysAndZeroOfOne(string script)
    {
        using var network = PerceptualNetwork.Load(TinyJob.Script(script), 0, 3, 8, CPU);
        using var scope = NewDisposeScope();
        var (a, b) = (Colours(1.3), Colours(0.7));
        Assert.Equal([0f, 0f], network.Between(a, a).data<float>().ToArray());
        Assert.Equal(network.Between(a, b).data<float>().ToArray(), network.Between(b, a).data<float>().ToArray());
        Assert.All(network.Between(a, b).data<float>().ToArray(), d => Assert.True(d > 1e-3));
    }

    /// <summary>LPIPS of one layer that is the image itself, with weights of 1.</summary>
    [Fact]
    public void Between_ColoursAsTheirOwnFeatures_IsTwoMinusTwiceTheCosine()
    {
        using var network = PerceptualNetwork.Load(TinyJob.Script("cosine"), 0, 3, 8, CPU);
        using var distance = new Distance(new DistanceSettings { Kind = DistanceSettings.PseudoLpips }, PerceptualNetwork.Load(TinyJob.Script("cosine"), 0, 3, 8, CPU));
        using var scope = NewDisposeScope();
        var (a, b) = (Colours(1.3), Colours(0.7));
        var (one, other) = (Inputs.ToArray(a), Inputs.ToArray(b));
        double[] expected = [.. Enumerable.Range(0, 2).Select(i => Enumerable.Range(0, 64).Average(p =>
        {
            double product = 0, square = 0, otherSquare = 0;
            for (var at = i * 192 + p; at < (i + 1) * 192; at += 64)
                (product, square, otherSquare) = (product + (double)one[at] * other[at], square + (double)one[at] * one[at], otherSquare + (double)other[at] * other[at]);
            return 2 - 2 * product / Math.Sqrt(square * otherSquare);
        }))];
        foreach (var (wanted, found) in expected.Zip(Inputs.ToArray(network.Between(a, b)))) Near.Relative(wanted, found, 1e-5);
        Near.Relative(expected.Average(l => Math.Sqrt(l + 1.4e-4 * 1.4e-4) - 1.4e-4), distance.Mean(a, b).item<float>(), 1e-5);
    }

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

    private static Tensor Colours(double step) => tensor([.. Enumerable.Range(0, 384).Select(i => (float)Math.Sin(i * step))], [2, 3, 8, 8], ScalarType.Float32);

    private static Tensor Ramp(int channels) => tensor([.. Enumerable.Range(0, 128 * channels).Select(i => i / (128f * channels))], [2, channels, 8, 8], ScalarType.Float32);
}
