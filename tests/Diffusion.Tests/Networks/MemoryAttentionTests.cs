using Diffusion.Networks;
using TorchSharp;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class MemoryAttentionTests
{
    private static readonly UNetConfig Attending = Config with { MemoryAttention = true };

    private static Tensor Evaluate(UNet network, Tensor x, Tensor memory) => network.forward(x, tensor([3L, 400, 999]), tensor([0L, 2, 3]), memory);

    /// <summary>What the memory says enters at zero: training starts at the network without one.</summary>
    [Fact]
    public void Forward_NewLayers_DoNotHearTheMemory()
    {
        using var network = Random(Attending);
        using (no_grad())
            foreach (var (name, parameter) in network.named_parameters().Where(p => IsOfAttention(network, p.name) && p.name.Contains(".proj_out.", StringComparison.Ordinal))) parameter.zero_();
        using var scope = NewDisposeScope();
        var x = Gaussian(1, 3, 1, 8, 8);
        Assert.Equal(0, Distance(Evaluate(network, x, Gaussian(2, 3, 1, 8, 8)), Evaluate(network, x, Gaussian(3, 3, 1, 8, 8))));
        using var fresh = new UNet(Attending);
        Assert.All(
            fresh.named_parameters().Where(p => IsOfAttention(fresh, p.name) && p.name.Contains(".proj_out.", StringComparison.Ordinal)),
            p => Assert.Equal(0, p.parameter.abs().max().item<float>()));
    }

    /// <summary>The pixels of the memory have no place: in any order they say the same, and other values say something else.</summary>
    [Fact]
    public void Forward_MemoryInAnotherOrder_GivesTheSame()
    {
        using var network = Random(Attending);
        using var scope = NewDisposeScope();
        var (x, memory) = (Gaussian(1, 3, 1, 8, 8), Gaussian(2, 3, 1, 8, 8));
        var output = Evaluate(network, x, memory);
        var bound = 1e-5 * Math.Max(1, output.abs().max().item<float>());
        Assert.InRange(Distance(output, Evaluate(network, x, memory.flatten(2).flip(2).view(3, 1, 8, 8))), 0, bound);
        Assert.True(Distance(output, Evaluate(network, x, memory.mul(1.1))) > 100 * bound);
    }

    [Fact]
    public void Forward_RowOfABatch_EqualsTheRowAlone()
    {
        using var network = Random(Attending);
        using var scope = NewDisposeScope();
        var (x, memory) = (Gaussian(1, 3, 1, 8, 8), Gaussian(2, 3, 1, 8, 8));
        var all = Evaluate(network, x, memory);
        var second = network.forward(x.narrow(0, 1, 1), tensor([400L]), tensor([2L]), memory.narrow(0, 1, 1));
        Assert.InRange(Distance(second, all.narrow(0, 1, 1)), 0, 1e-5 * Math.Max(1, second.abs().max().item<float>()));
    }

    /// <summary>The first convolution sees the image alone, and every attention has one to the memory behind it.</summary>
    [Fact]
    public void Parameters_AreThoseOfTheNetworkWithoutMemoryAndTheAttention()
    {
        using UNet network = new(Attending), without = new(Config with { Memory = false });
        var attention = network.named_parameters().Where(p => IsOfAttention(network, p.name)).Select(p => p.name).ToArray();
        // level 4x4: one block down, two up, and the middle; norm, q, kv and proj_out of each, a weight and a bias
        Assert.Equal(4 * 4 * 2, attention.Length);
        Assert.Equal(
            without.named_parameters().Sum(p => p.parameter.numel()),
            network.named_parameters().Where(p => !attention.Contains(p.name) && !p.name.StartsWith("memory_in.", StringComparison.Ordinal)).Sum(p => p.parameter.numel()));
    }

    private static bool IsOfAttention(UNet network, string parameter) =>
        network.named_modules().Any(m => m.module is MemoryAttention && parameter.StartsWith(m.name + ".", StringComparison.Ordinal));
}
