using Diffusion.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

/// <summary>Networks small enough for a test, with every parameter away from its starting value.</summary>
internal static class SmallNetworks
{
    static SmallNetworks() => set_num_threads(1);

    public static UNetConfig Config { get; } = new()
    {
        ImageSize = 8,
        Channels = 1,
        ModelChannels = 8,
        ChannelMultipliers = [1, 2],
        ResidualBlocks = 1,
        AttentionResolutions = [4],
        HeadChannels = 8,
        Classes = 3,
        Memory = true,
    };

    /// <summary>Every parameter normal with deviation 0.3, so that nothing is zero or one by design.</summary>
    public static UNet Random(UNetConfig config, long seed = 1)
    {
        var network = new UNet(config);
        Randomise(network, seed);
        return network;
    }

    public static void Randomise(nn.Module network, long seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        foreach (var parameter in network.parameters()) parameter.normal_(0, 0.3, generator);
    }

    public static Tensor Gaussian(long seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator);
    }

    /// <summary>The largest absolute difference.</summary>
    public static double Distance(Tensor a, Tensor b)
    {
        Assert.Equal(a.shape, b.shape);
        using var scope = NewDisposeScope();
        return a.detach().sub(b.detach()).abs().max().item<float>();
    }
}
