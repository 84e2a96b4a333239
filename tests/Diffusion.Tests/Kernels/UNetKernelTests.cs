using Diffusion.Kernels;
using Diffusion.Networks;
using Diffusion.Tests.Networks;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Kernels;

/// <summary>The whole network with our kernels against the whole network with plain operators.</summary>
public sealed class UNetKernelTests
{
    [Theory]
    [InlineData(1, true, true, 2)]
    [InlineData(3, true, false, 1)]
    [InlineData(3, false, true, 3)]
    public void Forward_WithKernels_IsThePlainNetworkWithItsGradients(int channels, bool scaleShift, bool resampleInBlocks, int batch)
    {
        Assert.True(NativeKernels.Available);
        using var network = Random(Config with { Channels = channels, ScaleShift = scaleShift, ResampleInBlocks = resampleInBlocks, Memory = false });
        using var scope = NewDisposeScope();
        var (x, time, weights) = (Gaussian(1, batch, channels, 8, 8), Gaussian(5, batch).abs().mul(300), Gaussian(9, batch, channels, 8, 8));

        (Tensor Output, Tensor[] Gradients) Evaluate()
        {
            network.zero_grad();
            var output = network.forward(x, time);
            output.mul(weights).sum().backward();
            return (output.detach(), network.parameters().Where(p => p.grad is not null).Select(p => p.grad!.clone()).ToArray());
        }

        var fused = Evaluate();
        (Tensor Output, Tensor[] Gradients) plain;
        using (NativeKernels.Plain()) plain = Evaluate();

        Assert.InRange(Distance(plain.Output, fused.Output), 1e-12, 1e-5);
        Assert.Equal(plain.Gradients.Length, fused.Gradients.Length);
        foreach (var (expected, actual) in plain.Gradients.Zip(fused.Gradients))
            Assert.InRange(Distance(expected, actual), 0, 2e-5 * Math.Max(1, expected.abs().max().item<float>()));
    }

    [Theory]
    [InlineData(1, true, 1)]
    [InlineData(3, false, 5)]
    public void Forward_WithoutGradients_IsThePlainNetwork(int channels, bool resampleInBlocks, int batch)
    {
        using var network = Random(Config with { Channels = channels, ModelChannels = 16, ResampleInBlocks = resampleInBlocks, Memory = false });
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (x, time) = (Gaussian(1, batch, channels, 8, 8), Gaussian(5, batch).abs().mul(300));
        var used = OperatorProfile.Of(() => network.forward(x, time)).Single(o => o.Name == "diffusion::convolution").Calls;
        Assert.True(used > 10, $"{used} convolutions are ours");
        var ours = network.forward(x, time);
        Tensor plain;
        using (NativeKernels.Plain()) plain = network.forward(x, time);
        Assert.InRange(Distance(plain, ours), 1e-12, 1e-5);
    }
}
