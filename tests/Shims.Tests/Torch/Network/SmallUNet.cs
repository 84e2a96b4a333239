using Shims.Tests.Torch.Fixtures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Network;

/// <summary>The network of tests/fixtures/torch/unet.py, 61 059 parameters: chained expressions, operators with literals and
/// implicit scalars on purpose, as user code writes them.</summary>
internal sealed class SmallUNet : Module<Tensor, Tensor, Tensor>
{
    public const int Channels = 16;
    public const int Time = 32;
    public const int Groups = 8;

    private readonly TimeEmbedding time;
    private readonly Conv2d stem;
    private readonly ModuleList<ResidualBlock> down;
    private readonly AttentionBlock attention;
    private readonly ResidualBlock middle;
    private readonly ResidualBlock up;
    private readonly Sequential @out;

    public SmallUNet() : base(nameof(SmallUNet))
    {
        time = new TimeEmbedding();
        stem = Conv2d(3, Channels, 3, padding: 1);
        down = ModuleList(new ResidualBlock(Channels, Channels), new ResidualBlock(Channels, 2 * Channels));
        attention = new AttentionBlock(2 * Channels);
        middle = new ResidualBlock(2 * Channels, 2 * Channels);
        up = new ResidualBlock(3 * Channels, Channels);
        @out = Sequential(GroupNorm(Groups, Channels), SiLU(), Conv2d(Channels, 3, 3, padding: 1));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var emb = time.call(t);
        var fine = down[0].call(stem.call(x), emb);
        var h = down[1].call(functional.avg_pool2d(fine, 2), emb);
        h = middle.call(attention.call(h), emb);
        h = functional.interpolate(h, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return @out.call(up.call(cat([h, fine], 1), emb)).MoveToOuterDisposeScope();
    }

    /// <summary>The network with the fixture's weights.</summary>
    public static SmallUNet Stored(SafetensorsFile fixture)
    {
        var network = new SmallUNet();
        using var scope = NewDisposeScope();
        network.load_state_dict(network.state_dict().Keys.ToDictionary(name => name, name => fixture["weight/" + name].ToTensor()));
        return network;
    }
}
