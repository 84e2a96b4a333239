using Diffusion.Networks;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class UNetWeightsTests
{
    // written down from the layout of the public ADM checkpoints
    private static readonly string[] AdmNames =
    [
        "time_embed.0", "time_embed.2", "label_emb!",
        "input_blocks.0.0",
        .. Residual("input_blocks.1.0"),
        .. Residual("input_blocks.2.0"),
        .. Residual("input_blocks.3.0", skip: true), .. Attention("input_blocks.3.1"),
        .. Residual("middle_block.0"), .. Attention("middle_block.1"), .. Residual("middle_block.2"),
        .. Residual("output_blocks.0.0", skip: true), .. Attention("output_blocks.0.1"),
        .. Residual("output_blocks.1.0", skip: true), .. Attention("output_blocks.1.1"), .. Residual("output_blocks.1.2"),
        .. Residual("output_blocks.2.0", skip: true),
        .. Residual("output_blocks.3.0", skip: true),
        "out.0", "out.2",
    ];

    [Fact]
    public void StateDict_OfAnyNetwork_HasTheNamesOfAdmCheckpoints()
    {
        using var network = new UNet(Config);
        var expected = AdmNames.SelectMany(n => n.EndsWith('!') ? [$"{n[..^1]}.weight"] : new[] { $"{n}.weight", $"{n}.bias" });
        Assert.Equal(expected.Order(StringComparer.Ordinal), network.state_dict().Keys.Order(StringComparer.Ordinal));
        Assert.Equal([16, 24, 3, 3], network.state_dict()["output_blocks.1.0.in_layers.2.weight"].shape);
    }

    [Fact]
    public void StateDict_PlainResampling_HasTheNamesOfAdmCheckpoints()
    {
        using var network = new UNet(Config with { ResampleInBlocks = false, Classes = null });
        var names = network.state_dict();
        Assert.Equal([8, 8, 3, 3], names["input_blocks.2.0.op.weight"].shape);
        Assert.Equal([16, 16, 3, 3], names["output_blocks.1.2.conv.weight"].shape);
        Assert.Equal([48, 16, 1], names["middle_block.1.qkv.weight"].shape);
        Assert.DoesNotContain("label_emb.weight", names.Keys);
    }

    [Fact]
    public void Constructor_SameSeed_GivesTheSameWeightsAndAnotherSeedOthers()
    {
        using UNet first = new(Config, seed: 5), second = new(Config, seed: 5), third = new(Config, seed: 6);
        using var scope = NewDisposeScope();
        var (a, b, c) = (first.state_dict(), second.state_dict(), third.state_dict());
        foreach (var name in a.Keys) Assert.Equal(0, Distance(a[name], b[name]));
        Assert.True(Distance(a["input_blocks.1.0.in_layers.2.weight"], c["input_blocks.1.0.in_layers.2.weight"]) > 0.01);
    }

    [Fact]
    public void Constructor_InitialWeights_FollowTheDefaultDistributions()
    {
        using var network = new UNet(Config with { ModelChannels = 32, HeadChannels = 32, Classes = 100 }, seed: 3);
        using var scope = NewDisposeScope();
        var weights = network.state_dict();
        foreach (var (name, weight) in weights) Assert.True(weight.isfinite().all().item<bool>(), name);

        var bound = 1 / Math.Sqrt(32 * 9);
        var conv = weights["input_blocks.1.0.in_layers.2.weight"];
        Assert.InRange(conv.abs().max().item<float>(), 0.99 * bound, bound);
        Assert.InRange(conv.std().item<float>(), 0.97 * bound / Math.Sqrt(3), 1.03 * bound / Math.Sqrt(3));
        Assert.InRange(weights["input_blocks.1.0.in_layers.2.bias"].abs().max().item<float>(), 0.7 * bound, bound);
        Assert.InRange(weights["label_emb.weight"].std().item<float>(), 0.97, 1.03);
        Assert.Equal(0, weights["middle_block.1.proj_out.weight"].abs().max().item<float>());
        Assert.Equal(0, weights["middle_block.0.out_layers.3.bias"].abs().max().item<float>());
        Assert.Equal(1, weights["middle_block.0.in_layers.0.weight"].min().item<float>());
        Assert.Equal(1, weights["middle_block.0.in_layers.0.weight"].max().item<float>());
    }

    private static string[] Residual(string name, bool skip = false)
    {
        string[] names = [$"{name}.in_layers.0", $"{name}.in_layers.2", $"{name}.emb_layers.1", $"{name}.out_layers.0", $"{name}.out_layers.3"];
        return skip ? [.. names, $"{name}.skip_connection"] : names;
    }

    private static string[] Attention(string name) => [$"{name}.norm", $"{name}.qkv", $"{name}.proj_out"];
}
