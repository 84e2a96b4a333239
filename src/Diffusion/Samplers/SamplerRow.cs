namespace Diffusion.Samplers;

/// <summary>
/// One network evaluation for one sample at one step. The engine computes
/// <c>x0 = P x + Q out</c>, clips it to [-1, 1] if <see cref="ClipsClean"/>, or by its own <see cref="Threshold"/>, then
/// <c>x' = A x + B x0 + C h + D exp(E v) z</c> and <c>h' = x0</c>, with z standard normal. A classifier of scale s adds
/// <c>G s g</c> to x0 before it is clipped, or <c>(D exp(E v))^2 s g</c> to x' where <see cref="GuidesMean"/>. Where
/// <see cref="F"/> is not 0, <c>d = A x + B x0 + C h</c> is a direction, <c>k = F^2 |z|^2 / |d|^2</c> how far to go in it, both norms
/// over the one picture, and <c>x' = x + k d + sqrt(2 k) D z</c>.
/// </summary>
/// <remarks>
/// v is the second half of the output of a network that learns its variance: a number for each pixel, -1 where the variance is at its
/// lower bound and 1 at its upper, but not kept between them.
/// h, the history, is the x0 of the row before: the second state of multistep solvers and, for a network with a
/// memory input, the memory that it is shown. Before the first row h is standard normal for a network with a memory
/// and zero otherwise.
/// </remarks>
public readonly record struct SamplerRow
{
    /// <summary>The network's time input, 0..T-1 (= t - 1).</summary>
    public required int TimeIndex { get; init; }

    /// <summary>Weight of x in x0.</summary>
    public required double P { get; init; }

    /// <summary>Weight of the network's output in x0.</summary>
    public required double Q { get; init; }

    /// <summary>Whether x0 is clipped to [-1, 1] before it is used.</summary>
    public bool ClipsClean { get; init; }

    /// <summary>The share of |x0| that decides where x0 is clipped and divided (Saharia et al. 2022), instead of <see cref="ClipsClean"/>; null where x0 is not.</summary>
    public double? Threshold { get; init; }

    /// <summary>Weight of x in x'.</summary>
    public double A { get; init; }

    /// <summary>Weight of x0 in x'.</summary>
    public double B { get; init; }

    /// <summary>Weight of the history in x'.</summary>
    public double C { get; init; }

    /// <summary>Standard deviation of the fresh noise in x'.</summary>
    public double D { get; init; }

    /// <summary>What v adds to the logarithm of that deviation; 0 in every row but those of a learned variance.</summary>
    public double E { get; init; }

    /// <summary>
    /// Signal-to-noise ratio of a Langevin step whose length depends on the picture (Song et al. 2021, appendix G); 0 in every other row.
    /// D is 1 and E is 0 where it is not.
    /// </summary>
    public double F { get; init; }

    /// <summary>Weight of a classifier's gradient in x0, of a unit of scale (<see cref="Guidance.ClassifierGuidance"/>).</summary>
    public double G { get; init; }

    /// <summary>Whether a classifier moves the mean of x' by the variance of its noise instead (ancestral sampling).</summary>
    public bool GuidesMean { get; init; }

    /// <summary>Whether a classifier changes anything here.</summary>
    public bool TakesGradient => G != 0 || (GuidesMean && D != 0);

    /// <summary>The row that ends every sampler's table: x' = x0.</summary>
    public SamplerRow AsLast() => this with { A = 0, B = 1, C = 0, D = 0, E = 0, F = 0 };
}
