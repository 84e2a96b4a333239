using Diffusion.Networks;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class ResidualBlockTests
{
    [Fact]
    public void Forward_AdaGnWithZeroedEmbedding_EqualsThePlainBlock()
    {
        using ResidualBlock adaptive = new(8, 16, 32, Config), plain = new(8, 16, 32, Config with { ScaleShift = false });
        Randomise(plain, 1);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (from, to) = (plain.state_dict(), adaptive.state_dict());
        foreach (var (name, target) in to)
        {
            if (name.StartsWith("emb_layers", StringComparison.Ordinal)) nn.init.zeros_(target);
            else target.copy_(from[name]);
        }
        foreach (var name in from.Keys.Where(n => n.StartsWith("emb_layers", StringComparison.Ordinal))) nn.init.zeros_(from[name]);

        var (x, embedding) = (Gaussian(2, 2, 8, 6, 6), Gaussian(3, 2, 32));
        var expected = plain.forward(x, embedding);
        Assert.True(expected.abs().max().item<float>() > 0.1);
        Assert.True(Distance(expected, adaptive.forward(x, embedding)) <= 1e-6);
    }

    [Theory]
    [InlineData(256, 32)]
    [InlineData(64, 32)]
    [InlineData(48, 24)]
    [InlineData(40, 20)]
    [InlineData(37, 1)]
    [InlineData(8, 8)]
    public void Groups_OfChannels_AreThirtyTwoOrTheLargestDivisorBelow(long channels, long expected) =>
        Assert.Equal(expected, Layers.Groups(channels));
}
