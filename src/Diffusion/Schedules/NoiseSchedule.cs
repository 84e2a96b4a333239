namespace Diffusion.Schedules;

/// <summary>
/// A discrete noise schedule: x_t = alpha_t x_0 + sigma_t z. Variance-preserving with alpha_t^2 = a_t = prod (1 - beta_s), s = 1..t, and
/// sigma_t^2 = 1 - a_t (Ho et al. 2020, eq. 4), or variance-exploding with alpha_t = 1 (Song et al. 2021, "Score-based generative
/// modeling through stochastic differential equations"). Immutable, all in float64.
/// </summary>
/// <remarks>
/// The mathematical index t runs from 1 to <see cref="Steps"/>; t = 0 is the clean image with a_0 = 1 and sigma_0 = 0.
/// Networks see the 0-based index t - 1.
/// </remarks>
public sealed class NoiseSchedule
{
    private readonly double[] betas;
    private readonly double[] alphaBars;
    private readonly double[] variances;

    /// <summary>Makes a variance-preserving schedule from its betas; a_t is recomputed from them, so a clipped beta is honoured.</summary>
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
        variances = Array.ConvertAll(alphaBars, a => 1 - a);
    }

    private NoiseSchedule(string name, double[] variances)
    {
        (Name, this.variances, IsVarianceExploding) = (name, variances, true);
        alphaBars = Array.ConvertAll(variances, _ => 1.0);
        betas = [.. Enumerable.Range(1, variances.Length - 1).Select(t => variances[t] - variances[t - 1])];
    }

    /// <summary>Makes a variance-exploding schedule, alpha_t = 1.</summary>
    /// <param name="name">The name under which <see cref="ScheduleCatalogue"/> makes it again.</param>
    /// <param name="sigmas">sigma_1..sigma_T, above 0 and rising.</param>
    /// <exception cref="ArgumentException">No sigmas, or one that is not above the one before.</exception>
    public static NoiseSchedule Exploding(string name, IReadOnlyList<double> sigmas)
    {
        ArgumentNullException.ThrowIfNull(sigmas);
        if (sigmas.Count == 0) throw new ArgumentException("A schedule needs at least one step.", nameof(sigmas));
        for (var t = 1; t <= sigmas.Count; t++)
            if (!(double.IsFinite(sigmas[t - 1]) && sigmas[t - 1] > (t == 1 ? 0 : sigmas[t - 2])))
                throw new ArgumentException($"sigma_{t} = {sigmas[t - 1]} is not above the one before.", nameof(sigmas));
        return new NoiseSchedule(name, [0, .. sigmas.Select(s => s * s)]);
    }

    /// <summary>The catalogue name, such as <c>cosine</c>.</summary>
    public string Name { get; }

    /// <summary>T, the number of noising steps.</summary>
    public int Steps => betas.Length;

    /// <summary>Whether alpha_t is 1 and sigma_t grows; else alpha_t^2 + sigma_t^2 = 1.</summary>
    public bool IsVarianceExploding { get; }

    /// <summary>Variance of the noise that step t adds, t in 1..T: beta_t, or sigma_t^2 - sigma_(t-1)^2.</summary>
    public double Beta(int t) => betas[t - 1];

    /// <summary>a_t (alpha-bar), t in 0..T; a_0 = 1.</summary>
    public double AlphaBar(int t) => alphaBars[t];

    /// <summary>alpha_t = sqrt(a_t), the signal scale.</summary>
    public double Alpha(int t) => Math.Sqrt(alphaBars[t]);

    /// <summary>sigma_t, the noise scale.</summary>
    public double Sigma(int t) => Math.Sqrt(variances[t]);

    /// <summary>sigma_t^2, t in 0..T.</summary>
    public double Variance(int t) => variances[t];

    /// <summary>SNR(t) = a_t / sigma_t^2, t in 1..T.</summary>
    public double SignalToNoise(int t) => alphaBars[t] / variances[t];

    /// <summary>Standard deviation of the pure noise that a way down begins with at t: 1, or sigma_t where variance explodes.</summary>
    public double StartScale(int t) => IsVarianceExploding ? Sigma(t) : 1;

    /// <summary>
    /// By what a network's view of x_t is multiplied, 1 / sqrt(a_t + sigma_t^2): 1 where variance is preserved, and else what makes
    /// x_t that of the variance-preserving schedule with the same signal-to-noise ratio.
    /// </summary>
    /// <param name="t">In 0..T.</param>
    /// <param name="deviation">d, in 1 / sqrt(a_t d^2 + sigma_t^2), by which the view of images of that deviation has a variance of 1.</param>
    public double InputScale(int t, double deviation = 1) => 1 / Math.Sqrt(alphaBars[t] * deviation * deviation + variances[t]);

    /// <summary>Variance of x_t given x_s, 0 &lt;= s &lt; t &lt;= T.</summary>
    public double AddedVariance(int s, int t) => IsVarianceExploding ? variances[t] - variances[s] : 1 - alphaBars[t] / alphaBars[s];

    /// <summary>q(x_s | x_t, x_0), 0 &lt;= s &lt; t &lt;= T (Ho et al. 2020, eq. 6-7; respaced as in Nichol and Dhariwal 2021).</summary>
    public Posterior PosteriorBetween(int s, int t)
    {
        if (s < 0 || s >= t || t > Steps) throw new ArgumentOutOfRangeException(nameof(s), $"Need 0 <= s < t <= {Steps}, got s = {s}, t = {t}.");
        var before = alphaBars[s];
        // alpha of the step; 1 - beta again would have few digits where a long step ends in noise
        var kept = alphaBars[t] / before;
        var beta = t == s + 1 ? betas[t - 1] : AddedVariance(s, t);
        return new Posterior(
            CleanWeight: beta * Math.Sqrt(before) / variances[t],
            NoisyWeight: Math.Sqrt(kept) * variances[s] / variances[t],
            Variance: beta * variances[s] / variances[t],
            Beta: beta);
    }
}
