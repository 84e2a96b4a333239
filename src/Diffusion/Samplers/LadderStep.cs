namespace Diffusion.Samplers;

/// <summary>
/// The length of a Langevin step for a ladder of geometric noise levels (Song and Ermon 2020, technique 4). Where the next level begins with gamma times its own noise, M steps
/// y + k score + sqrt(2k) z with k = c s^2 leave a variance of (1 - c)^(2M) (gamma^2 - m) + m, m = 2 / (2 - c), over s^2: too short, and what is left of the level before grows from
/// level to level; too long, and the steps themselves are noise. c is where that is least.
/// </summary>
internal static class LadderStep
{
    /// <param name="ratio">gamma, the noise of a level over that of the next; above 1.</param>
    /// <param name="each">M, steps of a level.</param>
    /// <returns>c in 0..1.</returns>
    public static double Best(double ratio, int each)
    {
        // the variance falls up to the one place where it is least, and rises from there
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < 60; i++)
        {
            var c = (low + high) / 2;
            if (Slope(c, ratio * ratio, each) < 0) low = c;
            else high = c;
        }
        return (low + high) / 2;
    }

    private static double Slope(double c, double start, int each)
    {
        var (left, rest) = (Math.Pow(1 - c, 2 * each), 2 / (2 - c));
        return -2 * each * left / (1 - c) * (start - rest) + rest * rest / 2 * (1 - left);
    }
}
