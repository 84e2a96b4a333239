using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Guidance;

/// <summary>
/// Dynamic thresholding (Saharia et al. 2022, "Photorealistic text-to-image diffusion models with deep language understanding", section
/// 2.3): strong guidance drives estimates of the image out of [-1, 1], and clipping saturates them. Instead each estimate is clipped to
/// [-b, b] and divided by b, with b the given percentile of its own |x0|, and at least 1.
/// </summary>
public static class DynamicThreshold
{
    /// <param name="clean">Estimates of x0, [N, C, H, W].</param>
    /// <param name="shares">Which percentile, as a share 0..1, of each; 0.995 as published.</param>
    /// <returns>Within [-1, 1]; belongs to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">Not a share for each estimate.</exception>
    public static Tensor Apply(Tensor clean, IReadOnlyList<double> shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        if (shares.Count != clean.shape[0]) throw new ArgumentException($"There must be {clean.shape[0]} shares, got {shares.Count}.", nameof(shares));
        using var scope = NewDisposeScope();
        var bound = Percentile(clean.abs().flatten(1), shares).view(-1, 1, 1, 1);
        bound = maximum(bound, ones_like(bound));
        return maximum(minimum(clean, bound), bound.neg()).div(bound).MoveToOuterDisposeScope();
    }

    /// <summary>Between the two nearest values, on a straight line, as PyTorch and NumPy have it by default; [N, 1].</summary>
    private static Tensor Percentile(Tensor rows, IReadOnlyList<double> shares)
    {
        var last = rows.shape[1] - 1;
        var places = shares.Select(s => s * last).ToArray();
        var sorted = rows.sort(1).Item1;
        var (below, above) = (At(p => Math.Floor(p)), At(p => Math.Ceiling(p)));
        var between = tensor(places.Select(p => p - Math.Floor(p)).ToArray(), [places.Length, 1]).to(rows.dtype).to(rows.device);
        return below.lerp(above, between);

        Tensor At(Func<double, double> round) =>
            sorted.gather(1, tensor(places.Select(p => (long)round(p)).ToArray(), [places.Length, 1], device: rows.device));
    }
}
