using Diffusion.Kernels;
using Diffusion.Networks;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class AttentionOrderTests
{
    private const int Channels = 12, Head = 4;

    /// <summary>The row of the new order where a row of the legacy order stands: [head][part][channel] to [part][head][channel].</summary>
    private static long[] Order() =>
    [
        .. from part in Enumerable.Range(0, 3) from head in Enumerable.Range(0, Channels / Head) from channel in Enumerable.Range(0, Head)
           select (long)(head * 3 * Head + part * Head + channel),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NewAndLegacy_AfterPermutingTheRows_Agree(bool plain)
    {
        using AttentionBlock legacy = new(Channels, Head), other = new(Channels, Head, newOrder: true);
        using var scope = NewDisposeScope();
        Randomise(legacy, 3);
        using (no_grad())
        {
            var rows = tensor(Order());
            foreach (var (name, weight) in legacy.state_dict())
                other.state_dict()[name].copy_(name.StartsWith("qkv", StringComparison.Ordinal) ? weight.index_select(0, rows) : weight);
        }
        var x = Gaussian(5, 2, Channels, 3, 3);
        if (plain)
        {
            using (NativeKernels.Plain()) Compare(x);
        }
        else Compare(ChannelsLast.Of(x));

        void Compare(Tensor input)
        {
            var expected = legacy.forward(input);
            Assert.InRange(Distance(expected, other.forward(input)), 0, 1e-6);
            using (no_grad()) foreach (var (name, weight) in legacy.state_dict()) other.state_dict()[name].copy_(weight);
            Assert.True(Distance(expected, other.forward(input)) > 1e-3);
        }
    }
}
