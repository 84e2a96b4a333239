using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Guidance;

/// <summary>
/// Removal of the parallel component (Sadat et al. 2025, adaptive projected guidance, section 4): what guidance adds to the estimate D of x0
/// with the label is split in a part along D, which only makes it stronger and drives it out of [-1, 1], and the rest. The former is kept by
/// a share eta alone: D' = D + (s - 1) (d - (1 - eta) &lt;d, D&gt; / &lt;D, D&gt; D), d = D - D_u.
/// </summary>
/// <remarks>
/// The split is in x0, whatever the network's output stands for, as published. x0 = P x + Q out is affine, so d = Q (c - u), and in the output it is
/// out' = out - (s - 1) (1 - eta) &lt;c - u, D&gt; / &lt;D, D&gt; D, in which Q stands no more. The products are each sample's own, over channels and pixels.
/// </remarks>
public static class GuidanceProjection
{
    /// <summary>The eta that keeps everything.</summary>
    public const double Whole = 1;

    private static readonly Scalar Zero = 0.0;

    /// <param name="guided">out = u + s (c - u), [N, C, H, W].</param>
    /// <param name="conditional">c, [N, C, H, W].</param>
    /// <param name="unconditional">u, [N, C, H, W].</param>
    /// <param name="clean">D, the estimate of x0 with the label, not clipped, [N, C, H, W].</param>
    /// <param name="taken">(s - 1) (1 - eta) of each, [N, 1, 1, 1], of the same type and on the same device.</param>
    /// <returns>out'; belongs to the caller's dispose scope.</returns>
    public static Tensor Apply(Tensor guided, Tensor conditional, Tensor unconditional, Tensor clean, Tensor taken)
    {
        using var scope = NewDisposeScope();
        var length = Product(clean, clean);
        // an estimate that is 0 everywhere has no direction
        var along = where(length.eq(Zero), zeros_like(length), Product(conditional.sub(unconditional), clean).div(length));
        return guided.sub(clean.mul(along.mul(taken))).MoveToOuterDisposeScope();
    }

    private static Tensor Product(Tensor a, Tensor b) => RowSum.Of(a.mul(b).flatten(1)).view(-1, 1, 1, 1);
}
