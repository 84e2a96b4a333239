using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Networks;

/// <summary>
/// Attention pooling as in ADM's classifier (Dhariwal and Nichol 2021, appendix; the idea is CLIP's): the mean of the feature map is one
/// more pixel, every pixel has a learned place, and what the mean gathers by attention is the answer. Heads are split after q, k and v
/// (the "new" order).
/// </summary>
internal sealed class AttentionPool : nn.Module<Tensor, Tensor>
{
    private const string PlacesName = "positional_embedding";

    private readonly Conv1d qkv, projection;
    private readonly long channels, headChannels, pixels;
    private readonly Scalar scale;

    public AttentionPool(long size, long channels, long headChannels, long outputs) : base(nameof(AttentionPool))
    {
        (this.channels, this.headChannels, pixels) = (channels, headChannels, size * size);
        scale = 1 / Math.Sqrt(headChannels);
        qkv = nn.Conv1d(channels, 3 * channels, 1);
        projection = nn.Conv1d(channels, outputs, 1);
        register_parameter(PlacesName, new Parameter(zeros(channels, pixels + 1)));
        register_module("qkv_proj", qkv);
        register_module("c_proj", projection);
    }

    /// <summary>[C, pixels + 1]; the first is that of the mean. Starts normal with variance 1/C.</summary>
    // asked for anew: moving a module to a device puts another parameter there
    public Parameter Places => get_parameter(PlacesName)!;

    /// <param name="x">[B, C, H, W].</param>
    /// <returns>[B, outputs].</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var batch = x.shape[0];
        var flat = x.reshape(batch, channels, pixels);
        var tokens = cat([flat.mean([-1], keepdim: true), flat], -1).add(Places);
        var heads = qkv.forward(tokens).view(batch, 3, channels / headChannels, headChannels, pixels + 1);
        // only the first token is asked for
        var query = heads.select(1, 0).narrow(-1, 0, 1).reshape(-1, headChannels, 1);
        var key = heads.select(1, 1).reshape(-1, headChannels, pixels + 1);
        var value = heads.select(1, 2).reshape(-1, headChannels, pixels + 1);
        var weights = query.transpose(1, 2).mul(scale).bmm(key).softmax(-1, ScalarType.Float32).to(value.dtype);
        var gathered = value.bmm(weights.transpose(1, 2)).view(batch, channels, 1);
        return projection.forward(gathered).squeeze(-1).MoveToOuterDisposeScope();
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
