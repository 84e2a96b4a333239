using Diffusion.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Tests.Kernels;

/// <summary>The fused operator against the same mathematics written with plain operators in float64.</summary>
public sealed class NormActivationTests
{
    private static readonly string[] Names = ["x", "weight", "bias", "condition"];

    [Theory]
    [InlineData(3, 32, 32, 8, true, true)]
    [InlineData(3, 32, 32, 8, false, true)]
    [InlineData(1, 64, 32, 5, true, true)]
    [InlineData(2, 96, 32, 7, true, false)]
    [InlineData(2, 20, 4, 3, false, false)]
    [InlineData(1, 6, 3, 1, true, true)]
    public void Of_AnyShape_IsTheFloat64ResultWithItsGradients(int batch, int channels, int groups, int side, bool conditioned, bool activate)
    {
        Assert.True(NativeKernels.Available);
        using var scope = NewDisposeScope();
        using var norm = nn.GroupNorm(groups, channels);
        using var generator = new Generator(7);
        Tensor Gaussian(params long[] shape) => randn(shape, generator: generator);
        var inputs = new[] { Gaussian(batch, channels, side, side).mul(2).add(1.5), Gaussian(channels), Gaussian(channels), Gaussian(batch, 2 * channels) };
        var weights = Gaussian(batch, channels, side, side);
        using (no_grad()) { norm.weight!.copy_(inputs[1]); norm.bias!.copy_(inputs[2]); }
        var x = ChannelsLast.Of(inputs[0]).detach().requires_grad_();
        var condition = inputs[3].clone().requires_grad_();

        var result = NormActivation.Of(norm, x, conditioned ? condition : null, activate);
        result.mul(weights).sum().backward();
        var fused = new[] { x.grad, norm.weight!.grad, norm.bias!.grad, conditioned ? condition.grad : null };

        var doubles = inputs.Select(t => t.to(ScalarType.Float64).requires_grad_()).ToArray();
        var expected = F.group_norm(doubles[0], groups, doubles[1], doubles[2], norm.eps);
        if (conditioned)
        {
            var columns = doubles[3].unsqueeze(-1).unsqueeze(-1);
            expected = expected.mul(columns.narrow(1, 0, channels).add(1)).add(columns.narrow(1, channels, channels));
        }
        if (activate) expected = expected.mul(expected.sigmoid());
        expected.mul(weights.to(ScalarType.Float64)).sum().backward();

        Near(expected, result, "the result");
        for (var k = 0; k < (conditioned ? 4 : 3); k++) Near(doubles[k].grad!, fused[k]!, $"the gradient of {Names[k]}");
    }

    [Theory]
    [InlineData(1e4f)]
    [InlineData(-1e4f)]
    public void Of_MeanFarFromZero_KeepsItsDigits(float mean)
    {
        using var scope = NewDisposeScope();
        using var norm = nn.GroupNorm(32, 64);
        using (no_grad()) { norm.weight!.fill_(1); norm.bias!.fill_(0); }
        using var generator = new Generator(3);
        var x = randn([2, 64, 16, 16], generator: generator).add(mean);
        var expected = F.group_norm(x.to(ScalarType.Float64), 32, null, null, norm.eps);
        using var noGrad = no_grad();
        // a mean of that size is rounded by up to 5e-4
        Assert.InRange(expected.sub(NormActivation.Of(norm, ChannelsLast.Of(x), activate: false).to(ScalarType.Float64)).abs().max().item<double>(), 0, 6e-4);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Of_NonFiniteValue_StaysVisibleInItsGroupAndNowhereElse(float value)
    {
        using var scope = NewDisposeScope();
        using var norm = nn.GroupNorm(2, 4);
        using (no_grad()) { norm.weight!.fill_(1); norm.bias!.fill_(0); }
        var x = ones(1, 4, 4, 4);
        x[0, 1, 2, 3] = tensor(value);
        using var noGrad = no_grad();
        var y = NormActivation.Of(norm, ChannelsLast.Of(x));
        Assert.True(y.narrow(1, 0, 2).isnan().all().item<bool>());
        Assert.False(y.narrow(1, 2, 2).isnan().any().item<bool>());
    }

    [Fact]
    public void Of_LargeActivations_NeitherOverflowNorVanish()
    {
        using var scope = NewDisposeScope();
        using var norm = nn.GroupNorm(1, 2);
        using (no_grad()) { norm.weight!.fill_(300); norm.bias!.fill_(0); }
        var x = tensor([-1f, 1f, 1f, -1f], [1, 2, 1, 2]);
        using var noGrad = no_grad();
        var y = NormActivation.Of(norm, ChannelsLast.Of(x));
        Assert.Equal(300, y.max().item<float>(), 1e-2);
        Assert.Equal(0, y.min().item<float>(), 1e-20);
    }

    [Fact]
    public void Of_SecondDerivative_IsRefusedNotWrong()
    {
        using var scope = NewDisposeScope();
        using var norm = nn.GroupNorm(2, 4);
        var x = rand(1, 4, 2, 2).requires_grad_();
        var y = NormActivation.Of(norm, ChannelsLast.Of(x)).sum();
        var refused = Assert.ThrowsAny<Exception>(() => y.backward(create_graph: true));
        Assert.Contains("second derivative", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NormActivation_WrongLayout_IsRefusedByName()
    {
        using var scope = NewDisposeScope();
        var (x, one) = (rand(1, 4, 2, 3), ones(4));
        var refused = Assert.Throws<InvalidOperationException>(() => NativeKernels.NormActivation(x, one, one, null, 2, 1e-5, true));
        Assert.Contains("channels-last", refused.Message, StringComparison.Ordinal);
    }

    private static void Near(Tensor expected, Tensor actual, string what)
    {
        var difference = expected.sub(actual.to(ScalarType.Float64)).abs().max().item<double>();
        var size = Math.Max(1, expected.abs().max().item<double>());
        Assert.True(difference <= 3e-6 * size, $"{what} is off by {difference:g3} of {size:g3}");
    }
}
