using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>Which of the T time steps a shorter run visits. All return t in 1..T, ascending.</summary>
internal static class TimeSpacing
{
    public const string Trailing = "trailing", Uniform = "uniform", Quadratic = "quadratic", Even = "even", Strided = "strided", Karras = "karras", LogSnr = "logsnr";

    public static readonly SamplerOption Option = Of(Trailing, Uniform, Quadratic, Even, Strided, Karras, LogSnr);

    /// <summary>The same choice for samplers whose papers space by the ratio of noise to signal.</summary>
    public static readonly SamplerOption ByRatio = Of(Karras, LogSnr, Trailing, Uniform, Quadratic, Even, Strided);

    public static int[] Choose(string spacing, NoiseSchedule schedule, int steps)
    {
        Check(schedule.Steps, steps);
        return spacing switch
        {
            Karras => RatioSpacing.Karras(schedule, steps),
            LogSnr => RatioSpacing.Geometric(schedule, steps),
            _ => Choose(spacing, schedule.Steps, steps),
        };
    }

    /// <exception cref="SamplingOptionException">There are fewer times than steps.</exception>
    public static void Check(int total, int steps)
    {
        if (steps > total) throw new SamplingOptionException("steps", $"steps must be 1..{total} for this model, got {steps}.");
    }

    public static int[] Choose(string spacing, int total, int steps)
    {
        Check(total, steps);
        var times = spacing switch
        {
            // Lin et al. 2023, table 2: the first evaluation stands at pure noise
            Trailing => Enumerable.Range(1, steps).Select(i => (int)Math.Round((double)total * i / steps, MidpointRounding.ToEven)),
            // Song et al. 2021 (DDIM), section D.2
            Uniform => Enumerable.Range(0, steps).Select(i => 1 + i * (total / steps)),
            // floor((sqrt(0.8 T) i/(S - 1))^2), in whole numbers so that no root is rounded the wrong way
            Quadratic => Enumerable.Range(0, steps).Select(i => 1 + (steps == 1 ? 0 : (int)(4L * total * i * i / (5L * (steps - 1) * (steps - 1))))),
            Even => Sections(total, [steps]),
            Strided => Enumerable.Range(0, steps).Select(i => 1 + i * Stride(total, steps)),
            _ => throw new SamplingOptionException("spacing", $"Unknown spacing '{spacing}'."),
        };
        var chosen = times.ToArray();
        for (var i = 1; i < steps; i++)
            if (chosen[i] <= chosen[i - 1])
                throw new SamplingOptionException("steps", $"{spacing} spacing cannot place {steps} different steps among {total}.");
        return chosen;
    }

    /// <summary>
    /// The times in 1..T of sections of about one length, each with so many of them from its first to its last (the authors' code of
    /// Nichol and Dhariwal 2021).
    /// </summary>
    /// <param name="total">T.</param>
    /// <param name="counts">Times of each section.</param>
    /// <exception cref="SamplingOptionException">A section has fewer times than that.</exception>
    public static IEnumerable<int> Sections(int total, IReadOnlyList<int> counts)
    {
        var first = 1;
        for (var section = 0; section < counts.Count; section++)
        {
            var (length, count) = (total / counts.Count + (section < total % counts.Count ? 1 : 0), counts[section]);
            if (count > length) throw new SamplingOptionException("steps", $"even spacing cannot place {count} different steps among {length}.");
            // added up as there, so that what lies between two times is rounded to the same side
            var (stride, place) = (count == 1 ? 1 : (length - 1.0) / (count - 1), 0.0);
            for (var i = 0; i < count; i++, place += stride) yield return first + (int)Math.Round(place, MidpointRounding.ToEven);
            first += length;
        }
    }

    private static SamplerOption Of(params string[] spacings) => SamplerOption.Choice(
        "spacing", spacings,
        "Which time steps are visited: trailing ends at T, uniform starts at 1 (Song et al. 2021), quadratic is dense near the image, even has both ends (Nichol and Dhariwal 2021), strided starts at 1 with the smallest whole stride that gives just as many, karras is even in the seventh root of sigma/alpha (Karras et al. 2022, eq. 5), logsnr in its logarithm.");

    private static int Stride(int total, int steps)
    {
        // as many as ceil(T / stride)
        var stride = (total + steps - 1) / steps;
        return (total + stride - 1) / stride == steps ? stride : throw new SamplingOptionException("steps", $"strided spacing has no whole stride that places {steps} steps among {total}.");
    }
}
