using Diffusion.Kernels;
using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Loop;

/// <summary>Gradients with activations computed again, against those with activations kept.</summary>
public sealed class RecomputationTests
{
    private static readonly UNetConfig Config = new()
    {
        ImageSize = 16,
        Channels = 1,
        ModelChannels = 16,
        ChannelMultipliers = [1, 2],
        ResidualBlocks = 1,
        AttentionResolutions = [8],
        HeadChannels = 16,
        Classes = 3,
        Dropout = 0.3,
        Memory = true,
    };

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Backward_AnyNetwork_HasTheUsualGradients(bool memoryAttention, bool plain)
    {
        if (!plain)
        {
            Compare(memoryAttention);
            return;
        }
        using (NativeKernels.Plain()) Compare(memoryAttention);
    }

    [Fact]
    public void Backward_KeptEndsOnly_EvaluatesEveryStageAgain()
    {
        using var network = Network(memoryAttention: false);
        using var scope = NewDisposeScope();
        var forward = Calls(() => Loss(network).Dispose());
        network.Recomputation = new Recomputation(draws: true);
        var loss = Loss(network);
        loss.backward();
        // the two layers of the embedding belong to no stage; the first convolution of all and the last are no kernel of ours
        Assert.Equal(forward - 2, Calls(network.Recomputation.Backward));
        Assert.Equal(0, Calls(network.Recomputation.Backward));

        static long Calls(Action work) => OperatorProfile.Of(work).Where(o => o.Name == "diffusion::convolution").Sum(o => o.Calls);
    }

    [Fact]
    public void Evaluate_WithoutGradients_KeepsNothing()
    {
        using var network = Network(memoryAttention: false);
        network.Recomputation = new Recomputation(draws: true);
        // what the first pass of all makes for all that follow
        using (no_grad()) _ = Left(network);
        using (no_grad()) Assert.Equal(0, Left(network));
        network.eval();
        Assert.Equal(0, Left(network));
        // and in training it does leave what a pass back needs
        network.train();
        Assert.True(Left(network) > 0);
        network.Recomputation.Backward();

        static long Left(UNet network)
        {
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            using (NewDisposeScope()) _ = Loss(network);
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }
    }

    private static void Compare(bool memoryAttention)
    {
        using var network = Network(memoryAttention);
        using var scope = NewDisposeScope();
        var (expected, drawn) = Gradients(network);
        network.Recomputation = new Recomputation(draws: true);
        for (var turn = 0; turn < 2; turn++)
        {
            var (found, drawnAfter) = Gradients(network);
            Assert.Equal(drawn, drawnAfter);
            Assert.Equal(expected.Keys, found.Keys);
            foreach (var (name, gradient) in expected)
            {
                var (off, size) = (gradient.sub(found[name]).abs().max().item<float>(), gradient.abs().max().item<float>());
                // the gradient of the memory's tokens lies in memory as they do, not as its first summand: its sums have another order
                var bound = name.StartsWith("memory_in.", StringComparison.Ordinal) ? 1e-6 * size : 0;
                Assert.True(size > 0 && off <= bound, $"{name}: off by {off} of {size}");
            }
        }
    }

    // the usual ones; and a number drawn after them, which must not depend on what was drawn again
    private static (Dictionary<string, Tensor> Gradients, float Drawn) Gradients(UNet network)
    {
        network.zero_grad();
        var loss = Loss(network);
        loss.backward();
        network.Recomputation?.Backward();
        return (network.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone()), rand(1).item<float>());
    }

    private static Tensor Loss(UNet network)
    {
        random.manual_seed(4);
        var (x, memory, wanted) = (randn(3, 1, 16, 16), randn(3, 1, 16, 16), randn(3, 1, 16, 16));
        return network.forward(x, tensor([0L, 40L, 900L]), tensor([0L, 2L, 3L]), memory).mul(wanted).sum();
    }

    private static UNet Network(bool memoryAttention)
    {
        var network = new UNet(Config with { MemoryAttention = memoryAttention }, seed: 1);
        network.train();
        using var off = no_grad();
        using var generator = new Generator(6);
        // those that start at zero would hide what is behind them
        foreach (var parameter in network.parameters()) parameter.add_(randn(parameter.shape, generator: generator).mul_(0.05));
        return network;
    }
}
