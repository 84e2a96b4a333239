using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Tests.Kernels;

/// <summary>Fully connected layers whose rows do not depend on how many there are.</summary>
public sealed class SteadyLinearTests
{
    [Theory]
    [InlineData(32, 128)]
    [InlineData(128, 128)]
    [InlineData(128, 256)]
    [InlineData(16, 48)]
    public void Of_RowsInBatchesOfAnySize_HaveTheSameBits(long from, long to)
    {
        Assert.NotEqual(VectorUnit.None, NativeKernels.Unit);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var layer = nn.Linear(from, to);
        using var steady = new SteadyLinear(layer);
        var x = randn([65, from], generator: generator);
        var all = steady.Of(x);
        for (var size = 1; size < 65; size++)
            Assert.True(steady.Of(x.narrow(0, 65 - size, size)).Equals(all.narrow(0, 65 - size, size)), $"{size} rows differ from what they are among 65.");
    }

    [Theory]
    [InlineData(new long[] { 5, 32 }, 128)]
    [InlineData(new long[] { 2, 7, 16 }, 48)]
    [InlineData(new long[] { 3, 20 }, 7)]
    public void Of_AnyShape_IsTheFloat64ResultAndHasItsGradients(long[] shape, long to)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var layer = nn.Linear(shape[^1], to);
        using var steady = new SteadyLinear(layer);
        var (x, dy) = (randn(shape, generator: generator).requires_grad_(), randn([.. shape[..^1], to], generator: generator));
        var y = steady.Of(x);
        var found = autograd.grad([y], [x, layer.weight!, layer.bias!], [dy]);

        Tensor[] inputs = [.. new[] { x, layer.weight!, layer.bias! }.Select(t => t.detach().to(ScalarType.Float64).requires_grad_())];
        var exact = inputs[0].matmul(inputs[1].t()).add(inputs[2]);
        var expected = autograd.grad([exact], inputs, [dy.to(ScalarType.Float64)]);
        Near(exact, y);
        for (var k = 0; k < inputs.Length; k++) Near(expected[k], found[k]);
    }

    [Fact]
    public void Of_TurnedTokens_AreReadInTheirOrder()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(32, 16);
        using var steady = new SteadyLinear(layer);
        var tokens = randn([2, 32, 9]).transpose(1, 2);
        Assert.True(steady.Of(tokens).Equals(steady.Of(tokens.contiguous())));
    }

    private static void Near(Tensor expected, Tensor found)
    {
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange(expected.sub(found.to(ScalarType.Float64)).abs().max().item<double>() / expected.abs().max().item<double>(), 0, 1e-6);
    }
}
