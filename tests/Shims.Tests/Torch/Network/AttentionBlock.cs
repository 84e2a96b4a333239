using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Network;

internal sealed class AttentionBlock : Module<Tensor, Tensor>
{
    private readonly GroupNorm norm;
    private readonly Linear qkv;
    private readonly Linear proj;

    public AttentionBlock(long channels) : base(nameof(AttentionBlock))
    {
        norm = GroupNorm(SmallUNet.Groups, channels);
        qkv = Linear(channels, 3 * channels, hasBias: false);
        proj = Linear(channels, channels);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var shape = x.shape;
        var channels = shape[1];
        var tokens = norm.call(x).reshape(shape[0], channels, shape[2] * shape[3]).transpose(1, 2);
        var parts = qkv.call(tokens).chunk(3, -1);
        var weights = (bmm(parts[0], parts[1].transpose(1, 2)) * (1 / Math.Sqrt(channels))).softmax(-1);
        var mixed = proj.call(bmm(weights, parts[2])).transpose(1, 2).reshape(shape);
        return (x + mixed).MoveToOuterDisposeScope();
    }
}
