using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>
/// Fresh noise before a step of the ODE (Karras et al. 2022, algorithm 2): where s = sigma / alpha is from S_tmin to S_tmax, x is brought up to
/// s^ = (1 + gamma) s with noise of deviation S_noise sqrt(s^2^ - s^2), gamma = min(S_churn / N, sqrt(2) - 1), and the step begins there.
/// </summary>
/// <remarks>
/// A network knows only the times it was trained at, so s^ is that of the time nearest to it in ln s, and the row counts with what that time
/// really has. Where that is the time itself nothing is added. The first step begins at pure noise, to which noise adds nothing.
/// </remarks>
internal sealed record Churn(double Amount, double Least, double Most, double Noise)
{
    /// <summary>No noise.</summary>
    public static readonly Churn None = new(0, 0, 0, 1);

    private const double MostAmount = 1000, MostRatio = 1e6;

    private static readonly SamplerOption
        AmountOption = SamplerOption.Number("s-churn", 0, 0, MostAmount, "Fresh noise before each step of heun, S_churn of Karras et al. 2022: sigma/alpha is raised by min(S_churn/N, sqrt(2) - 1) of itself; 0 draws none."),
        LeastOption = SamplerOption.Number("s-tmin", 0, 0, MostRatio, "The least sigma/alpha at which s-churn adds noise, S_tmin."),
        MostOption = SamplerOption.Number("s-tmax", MostRatio, 0, MostRatio, "The largest sigma/alpha at which s-churn adds noise, S_tmax."),
        NoiseOption = SamplerOption.Number("s-noise", 1, 0.5, 1.5, "What the deviation of that noise is multiplied by, S_noise; 1.003 to 1.007 in the paper.");

    /// <summary>Its options.</summary>
    public static IReadOnlyList<SamplerOption> Options { get; } = [AmountOption, LeastOption, MostOption, NoiseOption];

    /// <exception cref="SamplingOptionException">S_tmin is above S_tmax.</exception>
    public static Churn Of(SamplingOptions options)
    {
        var churn = new Churn(options.Number(AmountOption), options.Number(LeastOption), options.Number(MostOption), options.Number(NoiseOption));
        return churn.Least <= churn.Most ? churn : throw new SamplingOptionException(LeastOption.Name, FormattableString.Invariant($"s-tmin must be at most s-tmax, {churn.Most}, got {churn.Least}."));
    }

    /// <summary>The time in t..T at which a step from t begins.</summary>
    /// <param name="schedule">Of the model.</param>
    /// <param name="t">In 1..T.</param>
    /// <param name="steps">N.</param>
    public int Raise(NoiseSchedule schedule, int t, int steps)
    {
        var ratio = schedule.Sigma(t) / schedule.Alpha(t);
        if (Amount == 0 || ratio < Least || ratio > Most) return t;
        return RatioSpacing.Nearest(schedule, (1 + Math.Min(Amount / steps, Math.Sqrt(2) - 1)) * ratio);
    }

    /// <summary>The row, and then up from where it arrives.</summary>
    /// <param name="row">Without noise.</param>
    /// <param name="schedule">Of the model.</param>
    /// <param name="s">Where it arrives, in 1..T.</param>
    /// <param name="raised">Where the next step begins, at s or above.</param>
    public SamplerRow After(SamplerRow row, NoiseSchedule schedule, int s, int raised)
    {
        if (raised == s) return row;
        var scale = schedule.Alpha(raised) / schedule.Alpha(s);
        return row with { A = scale * row.A, B = scale * row.B, C = scale * row.C, D = Noise * Math.Sqrt(schedule.AddedVariance(s, raised)) };
    }
}
