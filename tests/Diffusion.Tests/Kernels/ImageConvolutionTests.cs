using Diffusion.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Tests.Kernels;

/// <summary>The convolutions against libtorch's in float64.</summary>
public sealed class ImageConvolutionTests
{
    [Theory]
    [InlineData(3, 1, 16, 32, 8, 8, true)]
    [InlineData(3, 2, 48, 16, 5, 7, false)]
    [InlineData(3, 3, 32, 80, 6, 3, true)]
    [InlineData(3, 1, 16, 16, 1, 1, false)]
    [InlineData(1, 2, 64, 48, 5, 3, true)]
    [InlineData(1, 1, 16, 96, 2, 2, false)]
    public void Of_AnyShape_IsTheFloat64ResultWithItsGradients(int kernel, int batch, int from, int to, int height, int width, bool adds)
    {
        Assert.True(NativeKernels.Available);
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(from, to, kernel, padding: kernel / 2);
        var convolution = new ImageConvolution(layer);
        using var generator = new Generator(5);
        Tensor Gaussian(params long[] shape) => randn(shape, generator: generator);
        var (image, extra, weights) = (Gaussian(batch, from, height, width), Gaussian(batch, to, height, width), Gaussian(batch, to, height, width));
        var x = ChannelsLast.Of(image).detach().requires_grad_();
        var added = ChannelsLast.Of(extra).detach().requires_grad_();

        var result = convolution.Of(x, adds ? added : null);
        result.mul(weights).sum().backward();
        Tensor? kept;
        using (no_grad()) kept = convolution.Of(x, adds ? added : null);

        var doubles = new[] { image, layer.weight, layer.bias!, extra }.Select(t => t.detach().to(ScalarType.Float64).requires_grad_()).ToArray();
        var expected = F.conv2d(doubles[0], doubles[1], doubles[2], padding: [kernel / 2, kernel / 2]);
        if (adds) expected = expected.add(doubles[3]);
        expected.mul(weights.to(ScalarType.Float64)).sum().backward();

        Near(expected, result, "the result");
        Near(expected, kept, "the result without gradients");
        Near(doubles[0].grad!, x.grad!, "the gradient of x");
        Near(doubles[1].grad!, layer.weight.grad!, "the gradient of the weight");
        Near(doubles[2].grad!, layer.bias!.grad!, "the gradient of the bias");
        if (adds) Near(doubles[3].grad!, added.grad!, "the gradient of what is added");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Of_WeightsThatChange_AreSeen(int kernel)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(16, 16, kernel, padding: kernel / 2);
        var convolution = new ImageConvolution(layer);
        var x = ChannelsLast.Of(rand(1, 16, 4, 4));
        var before = convolution.Of(x);
        layer.weight.mul_(2);
        layer.bias!.mul_(2);
        Near(before.mul(2), convolution.Of(x), "what twice the weights give");
    }

    [Fact]
    public void Of_AnImage_HasTheSameBitsInEveryBatch()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(32, 32, 3, padding: 1);
        var convolution = new ImageConvolution(layer);
        var x = ChannelsLast.Of(rand(7, 32, 6, 6));
        var together = convolution.Of(x);
        for (var k = 0; k < 7; k++) Assert.Equal(0, convolution.Of(ChannelsLast.Of(x.narrow(0, k, 1))).sub(together.narrow(0, k, 1)).abs().max().item<float>());
    }

    [Fact]
    public void Of_ChannelsThatDoNotFit_GoesToThePlainOperator()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(6, 10, 3, padding: 1);
        var (x, added) = (rand(2, 6, 5, 5), rand(2, 10, 5, 5));
        Near(layer.forward(x).add(added), new ImageConvolution(layer).Of(ChannelsLast.Of(x), ChannelsLast.Of(added)), "the result");
    }

    [Fact]
    public void Of_SecondDerivative_IsRefusedNotWrong()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(16, 16, 3, padding: 1);
        var y = new ImageConvolution(layer).Of(ChannelsLast.Of(rand(1, 16, 4, 4)).requires_grad_()).sum();
        var refused = Assert.ThrowsAny<Exception>(() => y.backward(create_graph: true));
        Assert.Contains("second derivative", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Convolution_WrongChannels_AreRefusedByName()
    {
        using var scope = NewDisposeScope();
        using var packed = new PackedWeights();
        var refused = Assert.Throws<InvalidOperationException>(() =>
            NativeKernels.Convolution(ChannelsLast.Of(rand(1, 32, 4, 4)), rand(16, 16, 3, 3), rand(16), null, packed));
        Assert.Contains("32 channels", refused.Message, StringComparison.Ordinal);
    }

    private static void Near(Tensor expected, Tensor actual, string what)
    {
        expected = expected.to(ScalarType.Float64);
        var difference = expected.sub(actual.to(ScalarType.Float64)).abs().max().item<double>();
        var size = Math.Max(1, expected.abs().max().item<double>());
        Assert.True(difference <= 3e-6 * size, $"{what} is off by {difference:g3} of {size:g3}");
    }
}
