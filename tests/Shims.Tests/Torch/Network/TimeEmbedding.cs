using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Network;

internal sealed class TimeEmbedding : Module<Tensor, Tensor>
{
    private readonly Linear hidden;
    private readonly Linear output;

    public TimeEmbedding() : base(nameof(TimeEmbedding))
    {
        hidden = Linear(SmallUNet.Channels, SmallUNet.Time);
        output = Linear(SmallUNet.Time, SmallUNet.Time);
        RegisterComponents();
    }

    public override Tensor forward(Tensor t)
    {
        using var scope = NewDisposeScope();
        const int half = SmallUNet.Channels / 2;
        var frequencies = exp(arange(half, dtype: float32) * (-Math.Log(10000.0) / half));
        var angles = t.to(float32).unsqueeze(1) * frequencies.unsqueeze(0);
        return output.call(functional.silu(hidden.call(cat([angles.cos(), angles.sin()], 1)))).MoveToOuterDisposeScope();
    }
}
