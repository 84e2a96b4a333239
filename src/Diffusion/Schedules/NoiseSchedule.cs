namespace Diffusion.Schedules;

/// <summary>
/// A discrete variance-preserving noise schedule: x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) z with
/// a_t = prod (1 - beta_s), s = 1..t (Ho et al. 2020, eq. 4). Immutable, all in float64.
/// </summary>
/// <remarks>
/// The mathematical index t runs from 1 to <see cref="Steps"/>; t = 0 is the clean image with a_0 = 1.
/// Networks see the 0-based index t - 1.
/// </remarks>
public sealed class NoiseSchedule
{
    private readonly double[] betas;
    private readonly double[] alphaBars;

    /// <summary>Makes a schedule from its betas; a_t is recomputed from them, so a clipped beta is honoured.</summary>
    /// <param name="name">The name under which <see cref="ScheduleCatalogue"/> makes it again.</param>
    /// <param name="betas">beta_1..beta_T, each in (0, 1).</param>
    /// <exception cref="ArgumentException">No betas, or one outside (0, 1).</exception>
    public NoiseSchedule(string name, IReadOnlyList<double> betas)
    {
        ArgumentNullException.ThrowIfNull(betas);
        if (betas.Count == 0) throw new ArgumentException("A schedule needs at least one step.", nameof(betas));
        Name = name;
        this.betas = [.. betas];
        alphaBars = new double[betas.Count + 1];
        alphaBars[0] = 1.0;
        for (var t = 1; t <= betas.Count; t++)
        {
            var beta = this.betas[t - 1];
            if (!(beta > 0 && beta < 1)) throw new ArgumentException($"beta_{t} = {beta} is not in (0, 1).", nameof(betas));
            alphaBars[t] = alphaBars[t - 1] * (1 - beta);
        }
    }

    /// <summary>The catalogue name, such as <c>cosine</c>.</summary>
    public string Name { get; }

    /// <summary>T, the number of noising steps.</summary>
    public int Steps => betas.Length;

    /// <summary>beta_t, t in 1..T.</summary>
    public double Beta(int t) => betas[t - 1];

    /// <summary>a_t (alpha-bar), t in 0..T; a_0 = 1.</summary>
    public double AlphaBar(int t) => alphaBars[t];

    /// <summary>alpha_t = sqrt(a_t), the signal scale.</summary>
    public double Alpha(int t) => Math.Sqrt(alphaBars[t]);

    /// <summary>sigma_t = sqrt(1 - a_t), the noise scale.</summary>
    public double Sigma(int t) => Math.Sqrt(1 - alphaBars[t]);

    /// <summary>SNR(t) = a_t / (1 - a_t), t in 1..T.</summary>
    public double SignalToNoise(int t) => alphaBars[t] / (1 - alphaBars[t]);

    /// <summary>q(x_s | x_t, x_0), 0 &lt;= s &lt; t &lt;= T (Ho et al. 2020, eq. 6-7; respaced as in Nichol and Dhariwal 2021).</summary>
    public Posterior PosteriorBetween(int s, int t)
    {
        if (s < 0 || s >= t || t > Steps) throw new ArgumentOutOfRangeException(nameof(s), $"Need 0 <= s < t <= {Steps}, got s = {s}, t = {t}.");
        double at = alphaBars[t], before = alphaBars[s];
        // alpha of the step; 1 - beta again would have few digits where a long step ends in noise
        var kept = at / before;
        var beta = t == s + 1 ? betas[t - 1] : 1 - kept;
        return new Posterior(
            CleanWeight: beta * Math.Sqrt(before) / (1 - at),
            NoisyWeight: Math.Sqrt(kept) * (1 - before) / (1 - at),
            Variance: beta * (1 - before) / (1 - at),
            Beta: beta);
    }
}
