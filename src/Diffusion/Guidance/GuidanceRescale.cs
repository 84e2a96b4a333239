using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Guidance;

/// <summary>
/// Guidance rescale (Lin et al. 2023, "Common diffusion noise schedules and sample steps are flawed", eq. 15 and 16): guidance makes the
/// network's output larger, and pictures glaring with it. The guided output is brought back to the standard deviation of the
/// conditional one, and phi mixes the two: out' = phi out std(c) / std(out) + (1 - phi) out.
/// </summary>
/// <remarks>
/// The deviations are each sample's own, about its mean over channels and pixels. They are of the network's output, whatever that
/// stands for, as published; so phi is no other way to write a smaller s.
/// </remarks>
public static class GuidanceRescale
{
    private static readonly Scalar Zero = 0.0;

    /// <param name="guided">out, [N, C, H, W].</param>
    /// <param name="conditional">c, [N, C, H, W].</param>
    /// <param name="phi">0 changes nothing, 1 is the deviation of c; [N, 1, 1, 1], of the same type and on the same device.</param>
    /// <returns>out'; belongs to the caller's dispose scope.</returns>
    public static Tensor Apply(Tensor guided, Tensor conditional, Tensor phi)
    {
        using var scope = NewDisposeScope();
        var found = Deviation(guided);
        // an output that is one number everywhere has no deviation to change
        var ratio = where(found.eq(Zero), ones_like(found), Deviation(conditional).div(found));
        return guided.mul(ones_like(ratio).lerp(ratio, phi)).MoveToOuterDisposeScope();
    }

    private static Tensor Deviation(Tensor x)
    {
        var values = x.flatten(1);
        using Scalar count = values.shape[1];
        var centred = values.sub(RowSum.Of(values).div(count));
        return RowSum.Of(centred.square()).div(count).sqrt().view(-1, 1, 1, 1);
    }
}
