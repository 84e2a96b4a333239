using Diffusion.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Networks;

/// <summary>
/// The residual block of ADM (Dhariwal and Nichol 2021, section 3): norm, SiLU, convolution, then norm conditioned on
/// the embedding (AdaGN), SiLU, dropout, convolution that starts at zero. Optionally resamples inside (BigGAN).
/// </summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm inNorm, outNorm;
    private readonly ImageConvolution inConv, outConv;
    private readonly ImageConvolution? skip;
    private readonly SteadyLinear embedding;
    private readonly Resampling resampling;
    private readonly bool scaleShift;
    private readonly double dropout;

    public ResidualBlock(long from, long to, long embeddingWidth, UNetConfig config, Resampling resampling = Resampling.None)
        : base(nameof(ResidualBlock))
    {
        this.resampling = resampling;
        scaleShift = config.ScaleShift;
        dropout = config.Dropout;
        (inNorm, outNorm) = (Layers.Norm(from), Layers.Norm(to));
        var (first, second) = (Layers.Conv3x3(from, to), Layers.Conv3x3(to, to));
        (inConv, outConv) = (new ImageConvolution(first), new ImageConvolution(second));
        var condition = nn.Linear(embeddingWidth, scaleShift ? 2 * to : to);
        embedding = new SteadyLinear(condition);
        register_module("in_layers", nn.Sequential(("0", inNorm), ("2", first)));
        register_module("emb_layers", nn.Sequential(("1", condition)));
        register_module("out_layers", nn.Sequential(("0", outNorm), ("3", second)));
        if (from == to) return;
        var projection = nn.Conv2d(from, to, 1);
        skip = new ImageConvolution(projection);
        register_module("skip_connection", projection);
    }

    /// <param name="x">[B, from, H, W].</param>
    /// <param name="activated">SiLU of the embedding, [B, E]: the same for every block, so taken once.</param>
    /// <returns>[B, to, H', W'].</returns>
    public override Tensor forward(Tensor x, Tensor activated)
    {
        using var scope = NewDisposeScope();
        var h = inConv.Of(resampling.Apply(NormActivation.Of(inNorm, x)));
        var condition = embedding.Of(activated);
        h = scaleShift
            ? NormActivation.Of(outNorm, h, condition)
            : NormActivation.Of(outNorm, h.add_(condition.unsqueeze(-1).unsqueeze(-1), Scalars.One));
        if (dropout > 0 && training) h = F.dropout(h, dropout);
        var through = resampling.Apply(x);
        if (skip is not null) through = skip.Of(through);
        return outConv.Of(h, added: through).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            embedding.Dispose();
            inConv.Dispose();
            outConv.Dispose();
            skip?.Dispose();
        }
        base.Dispose(disposing);
    }

    // the checkpoint's names are registered by hand: fields are not scanned
    protected override void RegisterComponents() { }
}
