using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Cross-attention of a feature map to the pixels of an earlier x_0 estimate, with a residual, as in the released network of DDDM
/// (Zhang et al. 2024): every pixel of the map asks, every pixel of the memory answers. The pixels of the memory have no place of
/// their own, so that it tells which values there are and not where. The projection starts at zero.
/// </summary>
internal sealed class MemoryAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm norm;
    private readonly SteadyLinear query, keyValue, projection;
    private readonly long channels, headChannels;
    private readonly Scalar scale;

    public MemoryAttention(long channels, long headChannels, long memoryWidth) : base(nameof(MemoryAttention))
    {
        (this.channels, this.headChannels) = (channels, headChannels);
        scale = Math.Pow(headChannels, -0.25);
        norm = Layers.Norm(channels);
        var (q, kv, last) = (nn.Linear(channels, channels), nn.Linear(memoryWidth, 2 * channels), nn.Linear(channels, channels));
        (query, keyValue, projection) = (new SteadyLinear(q), new SteadyLinear(kv), new SteadyLinear(last));
        register_module("norm", norm);
        register_module("q", q);
        register_module("kv", kv);
        register_module("proj_out", last);
    }

    /// <param name="x">[B, C, H, W].</param>
    /// <param name="memory">The pixels of the memory, [B, P, E].</param>
    /// <returns>[B, C, H, W].</returns>
    public override Tensor forward(Tensor x, Tensor memory)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width) = (x.size(0), x.size(2), x.size(3));
        var pixels = NormActivation.Of(norm, x, activate: false).permute(ChannelsLast.Last).reshape(batch, height * width, channels);
        var asked = Heads(query.Of(pixels)).mul(scale);
        var answers = keyValue.Of(memory);
        var key = Heads(answers.narrow(2, 0, channels)).mul(scale);
        var value = Heads(answers.narrow(2, channels, channels));
        // in float32 whatever the weights are in: the sum over pixels overflows half precision
        var weights = asked.bmm(key.transpose(1, 2)).softmax(-1, ScalarType.Float32).to(value.dtype);
        var mixed = weights.bmm(value).view(batch, channels / headChannels, height * width, headChannels).transpose(1, 2).reshape(batch, height * width, channels);
        return x.add(projection.Of(mixed).view(batch, height, width, channels).permute(ChannelsLast.First)).MoveToOuterDisposeScope();
    }

    // [B, pixels, C] to [B heads, pixels, channels of a head]
    private Tensor Heads(Tensor tokens)
    {
        var (batch, pixels, count) = (tokens.size(0), tokens.size(1), channels / headChannels);
        return tokens.reshape(batch, pixels, count, headChannels).transpose(1, 2).reshape(batch * count, pixels, headChannels);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            query.Dispose();
            keyValue.Dispose();
            projection.Dispose();
        }
        base.Dispose(disposing);
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
