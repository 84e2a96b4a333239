using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Network;

internal sealed class ResidualBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Linear emb;
    private readonly GroupNorm norm2;
    private readonly Conv2d conv2;
    private readonly Module<Tensor, Tensor> skip;

    public ResidualBlock(long inputs, long outputs) : base(nameof(ResidualBlock))
    {
        norm1 = GroupNorm(SmallUNet.Groups, inputs);
        conv1 = Conv2d(inputs, outputs, 3, padding: 1);
        emb = Linear(SmallUNet.Time, 2 * outputs);
        norm2 = GroupNorm(SmallUNet.Groups, outputs);
        conv2 = Conv2d(outputs, outputs, 3, padding: 1);
        skip = inputs == outputs ? Identity() : Conv2d(inputs, outputs, 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor embedding)
    {
        using var scope = NewDisposeScope();
        var h = conv1.call(functional.silu(norm1.call(x)));
        var modulation = emb.call(functional.silu(embedding)).unsqueeze(-1).unsqueeze(-1).chunk(2, 1);
        h = norm2.call(h) * (1 + modulation[0]) + modulation[1];
        return (skip.call(x) + conv2.call(functional.silu(h))).MoveToOuterDisposeScope();
    }
}
