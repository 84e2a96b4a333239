using Diffusion.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class UNetMemoryTests
{
    private static readonly Scalar LearningRate = -1e-4;

    [Fact]
    public void Forward_FiftyTimes_LeavesNoTensorBehind()
    {
        using var network = Random(Config);
        network.eval();
        using var noGrad = no_grad();
        AssertFlat(() => network.forward(Gaussian(1, 2, 1, 8, 8), tensor([1L, 2L]), tensor([0L, 3L]), Gaussian(2, 2, 1, 8, 8)));
    }

    [Fact]
    public void TrainingStep_FiftyTimes_LeavesNoTensorBehind()
    {
        using var network = Random(Config with { Dropout = 0.1 });
        Parameter[] parameters = [.. network.parameters()];
        AssertFlat(() =>
        {
            network.zero_grad();
            network.forward(Gaussian(1, 2, 1, 8, 8), tensor([1L, 2L]), tensor([0L, 3L]), Gaussian(2, 2, 1, 8, 8)).square().mean().backward();
            using var noGrad = no_grad();
            foreach (var parameter in parameters) parameter.add_(parameter.grad!, LearningRate);
        });
    }

    private static void AssertFlat(Action work)
    {
        long Live()
        {
            using (NewDisposeScope()) work();
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
        var before = Live();
        for (var i = 0; i < 49; i++) Assert.Equal(before, Live());
    }
}
