using System.Numerics;
using static TorchSharp.torch;

namespace Diffusion.Guidance;

/// <summary>
/// Classifier-free guidance (Ho and Salimans 2022, eq. 6): out = u + s (c - u), with c the network's output for the
/// label and u its output for the null label.
/// </summary>
/// <remarks>
/// s = 1 is no guidance, s = 0 ignores the label, s &gt; 1 exaggerates it. The paper writes (1 + w) c - w u, so
/// s = 1 + w. Every <see cref="Samplers.Prediction"/> may be guided alike: x0 is affine in the output and the weights
/// of c and u sum to 1, so that the result before clipping is the same. Of a learned variance only the image half is
/// guided; the variance is that of c.
/// </remarks>
public static class ClassifierFreeGuidance
{
    /// <summary>The scale that means no guidance.</summary>
    public const double NoGuidance = 1;

    /// <summary>The scale s for the paper's strength w, where 0 is no guidance.</summary>
    public static double FromStrength(double w) => 1 + w;

    /// <summary>What must be evaluated for a scale.</summary>
    public static GuidanceRows RowsFor(double scale) => scale switch
    {
        NoGuidance => GuidanceRows.Conditional,
        0 => GuidanceRows.Unconditional,
        _ => GuidanceRows.Both,
    };

    /// <summary>u + s (c - u), exactly c at s = 1 and exactly u at s = 0.</summary>
    public static T Combine<T>(T conditional, T unconditional, T scale) where T : IFloatingPoint<T> =>
        // from the nearer end, so that neither end is rounded; the tensor form computes the same
        T.Abs(scale) + T.Abs(scale) < T.One
            ? unconditional + scale * (conditional - unconditional)
            : conditional - (conditional - unconditional) * (T.One - scale);

    /// <summary>Element by element; all spans have one length. <paramref name="destination"/> may be an input.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Combine<T>(ReadOnlySpan<T> conditional, ReadOnlySpan<T> unconditional, T scale, Span<T> destination)
        where T : IFloatingPoint<T>
    {
        if (conditional.Length != destination.Length || unconditional.Length != destination.Length)
            throw new ArgumentException($"Lengths differ: {conditional.Length}, {unconditional.Length}, {destination.Length}.", nameof(destination));
        for (var i = 0; i < destination.Length; i++) destination[i] = Combine(conditional[i], unconditional[i], scale);
    }

    /// <summary>The same on tensors, a scale per row.</summary>
    /// <param name="conditional">c, [N, C, H, W].</param>
    /// <param name="unconditional">u, [N, C, H, W].</param>
    /// <param name="scale">s, [N, 1, 1, 1], of the same type and on the same device.</param>
    public static Tensor Combine(Tensor conditional, Tensor unconditional, Tensor scale) => unconditional.lerp(conditional, scale);
}
