namespace Diffusion.Samplers;

/// <summary>Which of the T time steps a shorter run visits. All return t in 1..T, ascending.</summary>
internal static class TimeSpacing
{
    public const string Trailing = "trailing", Uniform = "uniform", Quadratic = "quadratic";

    public static readonly SamplerOption Option = SamplerOption.Choice(
        "spacing", [Trailing, Uniform, Quadratic],
        "Which time steps are visited: trailing ends at T, uniform starts at 1 (Song et al. 2021), quadratic is dense near the image.");

    public static int[] Choose(string spacing, int total, int steps)
    {
        if (steps > total) throw new SamplingOptionException("steps", $"steps must be 1..{total} for this model, got {steps}.");
        var times = spacing switch
        {
            // Lin et al. 2023, table 2: the first evaluation stands at pure noise
            Trailing => Enumerable.Range(1, steps).Select(i => (int)Math.Round((double)total * i / steps, MidpointRounding.ToEven)),
            // Song et al. 2021 (DDIM), section D.2
            Uniform => Enumerable.Range(0, steps).Select(i => 1 + i * (total / steps)),
            // floor((sqrt(0.8 T) i/(S - 1))^2), in whole numbers so that no root is rounded the wrong way
            Quadratic => Enumerable.Range(0, steps).Select(i => 1 + (steps == 1 ? 0 : (int)(4L * total * i * i / (5L * (steps - 1) * (steps - 1))))),
            _ => throw new SamplingOptionException("spacing", $"Unknown spacing '{spacing}'."),
        };
        var chosen = times.ToArray();
        for (var i = 1; i < steps; i++)
            if (chosen[i] <= chosen[i - 1])
                throw new SamplingOptionException("steps", $"{spacing} spacing cannot place {steps} different steps among {total}.");
        return chosen;
    }
}
