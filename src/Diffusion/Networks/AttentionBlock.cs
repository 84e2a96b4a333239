using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Self-attention over the pixels of a feature map with a residual, as in ADM: q, k and v are split within each head
/// (the "legacy" order of its checkpoints) or before the heads (the "new" one), q and k are each scaled by ch^(-1/4), the projection starts at zero.
/// </summary>
internal sealed class AttentionBlock : nn.Module<Tensor, Tensor>
{
    private static readonly long[] LegacyFirst = [3, 0, 2, 1, 4], NewFirst = [2, 0, 3, 1, 4];

    private readonly GroupNorm norm;
    private readonly Conv1d qkv, projection;
    private readonly ImageConvolution qkvOfPixels, projectionOfPixels;
    private readonly long channels, headChannels;
    private readonly Scalar scale;
    private readonly bool newOrder;

    public AttentionBlock(long channels, long headChannels, bool newOrder = false) : base(nameof(AttentionBlock))
    {
        (this.channels, this.headChannels, this.newOrder) = (channels, headChannels, newOrder);
        scale = Math.Pow(headChannels, -0.25);
        norm = Layers.Norm(channels);
        qkv = nn.Conv1d(channels, 3 * channels, 1);
        projection = nn.Conv1d(channels, channels, 1);
        (qkvOfPixels, projectionOfPixels) = (new ImageConvolution(qkv), new ImageConvolution(projection));
        register_module("norm", norm);
        register_module("qkv", qkv);
        register_module("proj_out", projection);
    }

    /// <param name="x">[B, C, H, W].</param>
    /// <returns>[B, C, H, W].</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (ChannelsLast.Is(x) && ChannelsLast.Pays(x) ? OfTokens(x) : OfChannels(x)).MoveToOuterDisposeScope();
    }

    private Tensor OfChannels(Tensor x)
    {
        var shape = x.shape;
        var (batch, pixels) = (shape[0], shape[2] * shape[3]);
        var flat = x.reshape(batch, channels, pixels);
        var heads = Heads(qkv.forward(norm.forward(flat)), batch, channels / headChannels, pixels);
        var query = heads.narrow(1, 0, headChannels).mul(scale);
        var key = heads.narrow(1, headChannels, headChannels).mul(scale);
        var value = heads.narrow(1, 2 * headChannels, headChannels);
        // in float32 whatever the weights are in: the sum over pixels overflows half precision
        var weights = query.transpose(1, 2).bmm(key).softmax(-1, ScalarType.Float32).to(value.dtype);
        var mixed = value.bmm(weights.transpose(1, 2)).reshape(batch, channels, pixels);
        return projection.forward(mixed).add_(flat, Scalars.One).view(shape);
    }

    // [B heads, 3 channels of a head, pixels]
    private Tensor Heads(Tensor projected, long batch, long count, long pixels) => newOrder
        ? projected.view(batch, 3, count, headChannels, pixels).transpose(1, 2).reshape(batch * count, 3 * headChannels, pixels)
        : projected.view(batch * count, 3 * headChannels, pixels);

    // in channels-last memory the projections are convolutions over 1x1, and the channels of a pixel are its token
    private Tensor OfTokens(Tensor x)
    {
        var shape = x.shape;
        var (batch, pixels, count) = (shape[0], shape[2] * shape[3], channels / headChannels);
        var projected = qkvOfPixels.Of(NormActivation.Of(norm, x, activate: false));
        var heads = Split(projected.permute(ChannelsLast.Last), batch, count, pixels).reshape(3, batch * count, pixels, headChannels);
        var weights = heads.select(0, 0).mul(scale).bmm(heads.select(0, 1).mul(scale).transpose(1, 2)).softmax(-1);
        var mixed = weights.bmm(heads.select(0, 2)).view(batch, count, pixels, headChannels).transpose(1, 2)
            .reshape(batch, shape[2], shape[3], channels).permute(ChannelsLast.First);
        return projectionOfPixels.Of(mixed, added: x);
    }

    // [3, B, heads, pixels, channels of a head]
    private Tensor Split(Tensor tokens, long batch, long count, long pixels) => newOrder
        ? tokens.reshape(batch, pixels, 3, count, headChannels).permute(NewFirst)
        : tokens.reshape(batch, pixels, count, 3, headChannels).permute(LegacyFirst);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            qkvOfPixels.Dispose();
            projectionOfPixels.Dispose();
        }
        base.Dispose(disposing);
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
