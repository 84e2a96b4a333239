using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Self-attention over the pixels of a feature map with a residual, as in ADM: q, k and v are split within each head
/// (the "legacy" order of its checkpoints), q and k are each scaled by ch^(-1/4), the projection starts at zero.
/// </summary>
internal sealed class AttentionBlock : nn.Module<Tensor, Tensor>
{
    private readonly GroupNorm norm;
    private readonly Conv1d qkv, projection;
    private readonly long channels, headChannels;
    private readonly Scalar scale;

    public AttentionBlock(long channels, long headChannels) : base(nameof(AttentionBlock))
    {
        (this.channels, this.headChannels) = (channels, headChannels);
        scale = Math.Pow(headChannels, -0.25);
        norm = Layers.Norm(channels);
        qkv = nn.Conv1d(channels, 3 * channels, 1);
        projection = nn.Conv1d(channels, channels, 1);
        register_module("norm", norm);
        register_module("qkv", qkv);
        register_module("proj_out", projection);
    }

    /// <param name="x">[B, C, H, W].</param>
    /// <returns>[B, C, H, W].</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var shape = x.shape;
        var (batch, pixels) = (shape[0], shape[2] * shape[3]);
        var flat = x.reshape(batch, channels, pixels);
        var heads = qkv.forward(NormActivation.Of(norm, flat, activate: false)).view(batch * (channels / headChannels), 3 * headChannels, pixels);
        var query = heads.narrow(1, 0, headChannels).mul(scale);
        var key = heads.narrow(1, headChannels, headChannels).mul(scale);
        var value = heads.narrow(1, 2 * headChannels, headChannels);
        // in float32 whatever the weights are in: the sum over pixels overflows half precision
        var weights = query.transpose(1, 2).bmm(key).softmax(-1, ScalarType.Float32).to(value.dtype);
        var mixed = value.bmm(weights.transpose(1, 2)).reshape(batch, channels, pixels);
        return projection.forward(mixed).add_(flat, Scalars.One).view(shape).MoveToOuterDisposeScope();
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
