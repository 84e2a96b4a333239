using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Tests.Kernels;

/// <summary>The convolutions against libtorch's in float64, for every vector unit that this processor has.</summary>
public sealed class ImageConvolutionTests
{
    [Theory]
    [InlineData(3, 1, 16, 32, 8, 8, true)]
    [InlineData(3, 2, 48, 16, 5, 7, false)]
    [InlineData(3, 3, 32, 80, 6, 3, true)]
    [InlineData(3, 1, 16, 16, 1, 1, false)]
    [InlineData(3, 1, 256, 16, 14, 14, true)]
    [InlineData(1, 2, 64, 48, 5, 3, true)]
    [InlineData(1, 1, 16, 96, 2, 2, false)]
    [InlineData(1, 3, 32, 32, 9, 9, true)]
    public void Convolution_AnyShapeAndUnit_IsTheFloat64Result(int kernel, int batch, int from, int to, int height, int width, bool adds)
    {
        Assert.NotEqual(VectorUnit.None, NativeKernels.Unit);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var packed = new PackedWeights();
        using var generator = new Generator(5);
        Tensor Gaussian(params long[] shape) => randn(shape, generator: generator);
        var (x, added, weight, bias) = (Gaussian(batch, from, height, width), Gaussian(batch, to, height, width), Gaussian(to, from, kernel, kernel), Gaussian(to));

        var expected = F.conv2d(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), padding: [kernel / 2, kernel / 2]);
        if (adds) expected = expected.add(added.to(ScalarType.Float64));

        for (var unit = VectorUnit.Avx2; unit <= NativeKernels.Unit; unit++)
            Near(expected, NativeKernels.Convolution(ChannelsLast.Of(x), weight, bias, adds ? ChannelsLast.Of(added) : null, packed, unit), $"the result of {unit}");
    }

    [Theory]
    [InlineData(3, 1, 16, 32, 8, 8, true)]
    [InlineData(3, 2, 48, 16, 5, 7, false)]
    [InlineData(3, 3, 32, 80, 6, 3, true)]
    [InlineData(3, 1, 16, 16, 1, 1, false)]
    [InlineData(3, 9, 64, 16, 14, 14, true)]
    [InlineData(1, 2, 64, 48, 5, 3, true)]
    [InlineData(1, 1, 16, 96, 2, 2, false)]
    [InlineData(1, 4, 32, 80, 9, 9, true)]
    public void Backward_AnyShapeUnitAndNumberOfThreads_HasTheFloat64Gradients(int kernel, int batch, int from, int to, int height, int width, bool adds)
    {
        using var scope = NewDisposeScope();
        using var packed = new PackedWeights();
        using var generator = new Generator(5);
        Tensor Gaussian(params long[] shape) => randn(shape, generator: generator);
        var (x, added, weight, bias) = (Gaussian(batch, from, height, width), Gaussian(batch, to, height, width), Gaussian(to, from, kernel, kernel), Gaussian(to));
        // autograd may hand the gradient over in another layout
        var dy = Gaussian(batch, to, height, width);

        Tensor[] Gradients(Func<Tensor, Tensor> prepare, Func<Tensor[], Tensor> evaluate)
        {
            Tensor[] inputs = [.. (adds ? new[] { x, weight, bias, added } : [x, weight, bias]).Select(t => prepare(t).detach().requires_grad_())];
            return [.. autograd.grad([evaluate(inputs)], inputs, [prepare(dy)])];
        }

        var expected = Gradients(t => t.to(ScalarType.Float64), i => adds ? F.conv2d(i[0], i[1], i[2], padding: [kernel / 2, kernel / 2]).add(i[3])
            : F.conv2d(i[0], i[1], i[2], padding: [kernel / 2, kernel / 2]));
        var threads = get_num_threads();
        try
        {
            for (var unit = VectorUnit.Avx2; unit <= NativeKernels.Unit; unit++)
            {
                set_num_threads(1);
                var alone = Ours(unit);
                set_num_threads(3);
                var together = Ours(unit);
                for (var k = 0; k < expected.Length; k++)
                {
                    Near(expected[k], alone[k], $"gradient {k} of {unit}");
                    Assert.Equal(0, Distance(alone[k], together[k]));
                }
            }
        }
        finally
        {
            set_num_threads(threads);
        }

        Tensor[] Ours(VectorUnit unit) => Gradients(t => t, i => NativeKernels.Convolution(ChannelsLast.Of(i[0]), i[1], i[2], adds ? ChannelsLast.Of(i[3]) : null, packed, unit));
    }

    [Fact]
    public void Backward_AfterTheLayerIsGone_StillHasItsGradients()
    {
        using var scope = NewDisposeScope();
        var x = rand(1, 16, 4, 4).requires_grad_();
        var (weight, bias) = (rand(16, 16, 3, 3), rand(16));
        Tensor y;
        using (var packed = new PackedWeights()) y = NativeKernels.Convolution(ChannelsLast.Of(x), weight, bias, null, packed, NativeKernels.Unit);
        var ours = autograd.grad([y.sum()], [x])[0];
        Near(autograd.grad([F.conv2d(x, weight, bias, padding: [1, 1]).sum()], [x])[0], ours, "the gradient");
    }

    [Fact]
    public void Backward_TwiceOver_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var layer = Layer(3);
        using var convolution = new ImageConvolution(layer);
        var x = ChannelsLast.Of(rand(1, 16, 4, 4)).requires_grad_();
        var failure = Record.Exception(() => autograd.grad([convolution.Of(x).pow(2).sum()], [x], create_graph: true));
        Assert.Contains("second derivative", failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(0)]
    public void Of_LayerWithAndWithoutGradients_IsOurKernels(int kernel)
    {
        using var scope = NewDisposeScope();
        using var layer = Layer(kernel);
        using var convolution = new ImageConvolution(layer);
        var x = ChannelsLast.Of(rand(2, 16, 6, 6));
        var added = ChannelsLast.Of(rand(2, 16, 6, 6));
        var weight = kernel == 0 ? layer.weight.unsqueeze(-1) : layer.weight;
        var plain = F.conv2d(x, weight, layer.bias, padding: [kernel / 2, kernel / 2]).add(added);

        var trained = convolution.Of(x, added);
        Assert.InRange(Distance(plain, trained), 0, 1e-5);
        Assert.Contains(OperatorProfile.Of(() => trained.sum().backward()), o => o.Name == "diffusion::convolution_backward");
        Assert.Equal(layer.weight.shape, layer.weight.grad!.shape);
        using var noGrad = no_grad();
        Assert.Contains(OperatorProfile.Of(() => convolution.Of(x, added)), o => o.Name == "diffusion::convolution");
        Assert.Equal(0, Distance(trained, convolution.Of(x, added)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(0)]
    public void Of_WeightsWrittenTo_AreSeen(int kernel)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layer = Layer(kernel);
        using var convolution = new ImageConvolution(layer);
        var x = ChannelsLast.Of(rand(1, 16, 4, 4));
        var before = convolution.Of(x);
        layer.weight.mul_(2);
        layer.bias!.mul_(2);
        Near(before.mul(2), convolution.Of(x), "what twice the weights give");
        layer.weight.copy_(layer.weight.div(4));
        layer.bias!.div_(4);
        Near(before.div(2), convolution.Of(x), "what half of the weights give");
    }

    [Fact]
    public void Of_WeightsReplacedAtTheSameAddress_AreSeen()
    {
        using var noGrad = no_grad();
        using var layer = Layer(3);
        using var convolution = new ImageConvolution(layer);
        using var x = ChannelsLast.Of(rand(1, 16, 4, 4)).DetachFromDisposeScope();
        // tensors over one array: another storage at the old address and version, which an allocator gives only when it pleases
        var values = new float[16 * 16 * 9];
        for (var k = 1; k < 4; k++)
        {
            using var scope = NewDisposeScope();
            Array.Fill(values, k);
            layer.weight.Dispose();
            layer.weight = nn.Parameter(frombuffer(values, ScalarType.Float32).view(16, 16, 3, 3));
            layer.weight.DetachFromDisposeScope();
            Near(F.conv2d(x, layer.weight, layer.bias, padding: [1, 1]), convolution.Of(x), $"what weights of {k} give");
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Of_AnImage_HasTheSameBitsInEveryBatchAndForAnyNumberOfThreads(int kernel)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(32, 48, kernel, padding: kernel / 2);
        using var convolution = new ImageConvolution(layer);
        var x = ChannelsLast.Of(rand(64, 32, 7, 7));
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var together = convolution.Of(x);
            foreach (var (team, batch) in new[] { (1, 1), (2, 1), (3, 5), (2, 64) })
            {
                set_num_threads(team);
                for (var k = 0; k + batch <= 64; k += 3)
                    Assert.Equal(0, Distance(together.narrow(0, k, batch), convolution.Of(ChannelsLast.Of(x.narrow(0, k, batch)))));
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Of_ChannelsThatDoNotFit_GoesToThePlainOperator()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(6, 10, 3, padding: 1);
        using var convolution = new ImageConvolution(layer);
        var (x, added) = (ChannelsLast.Of(rand(2, 6, 5, 5)), ChannelsLast.Of(rand(2, 10, 5, 5)));
        Assert.Equal(0, Distance(layer.forward(x).add(added), convolution.Of(x, added)));
    }

    [Fact]
    public void Convolution_WhatDoesNotFit_IsRefusedByName()
    {
        using var scope = NewDisposeScope();
        using var packed = new PackedWeights();
        var (x, weight, bias) = (ChannelsLast.Of(rand(1, 16, 4, 4)), rand(16, 16, 3, 3), rand(16));
        using var noGrad = no_grad();
        Refused("32 channels", () => NativeKernels.Convolution(ChannelsLast.Of(rand(1, 32, 4, 4)), weight, bias, null, packed, VectorUnit.Avx2));
        Refused("channels-last", () => NativeKernels.Convolution(rand(1, 16, 4, 4), weight, bias, null, packed, VectorUnit.Avx2));
        Refused("multiples of 16", () => NativeKernels.Convolution(x, rand(16, 16, 5, 5), bias, null, packed, VectorUnit.Avx2));
        Refused("bias", () => NativeKernels.Convolution(x, weight, rand(32), null, packed, VectorUnit.Avx2));
        Refused("shape of the result", () => NativeKernels.Convolution(x, weight, bias, ChannelsLast.Of(rand(1, 16, 4, 5)), packed, VectorUnit.Avx2));
        Refused("vector unit 0", () => NativeKernels.Convolution(x, weight, bias, null, packed, VectorUnit.None));
        Refused("vector unit", () => NativeKernels.Convolution(x, weight, bias, null, packed, NativeKernels.Unit + 1));

        static void Refused(string why, Action call) =>
            Assert.Contains(why, Assert.Throws<InvalidOperationException>(call).Message, StringComparison.Ordinal);
    }

    // 0: the projection of an attention, a convolution over one dimension
    private static Convolution Layer(int kernel) => kernel == 0 ? nn.Conv1d(16, 16, 1) : nn.Conv2d(16, 16, kernel, padding: kernel / 2);

    private static double Distance(Tensor expected, Tensor actual) => expected.sub(actual).abs().max().item<float>();

    private static void Near(Tensor expected, Tensor actual, string what)
    {
        expected = expected.to(ScalarType.Float64);
        var difference = expected.sub(actual.to(ScalarType.Float64)).abs().max().item<double>();
        var size = Math.Max(1, expected.abs().max().item<double>());
        Assert.True(difference <= 3e-6 * size, $"{what} is off by {difference:g3} of {size:g3}");
    }
}
