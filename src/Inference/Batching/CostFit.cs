namespace Diffusion.Inference.Batching;

/// <summary>What a tick of b rows takes: t(b) = alpha + beta b milliseconds.</summary>
/// <param name="Alpha">Milliseconds of a tick, whatever its rows.</param>
/// <param name="Beta">Milliseconds of one more row.</param>
/// <param name="Jitter">Standard deviation of a tick around the line, as a part of its time.</param>
/// <param name="Samples">Ticks measured; with none the line is a guess on the slow side.</param>
/// <param name="Largest">Rows of the largest tick measured; 0 with none.</param>
internal sealed record CostFit(double Alpha, double Beta, double Jitter, long Samples, int Largest)
{
    private const double WorthGoingOn = 0.05, Margin = 2;

    /// <summary>Slow enough for a small network on a small machine: it is replaced by the first measurement.</summary>
    public static CostFit Prior { get; } = new(100, 25, 0.25, 0, 0);

    /// <summary>t(b), expected.</summary>
    public double Tick(int rows) => Alpha + Beta * rows;

    /// <summary>
    /// What a tick takes at most, as far as anyone can promise: two standard deviations over the line, and beyond the
    /// largest tick measured a row is taken to cost as much as it did there, because nobody knows alpha yet.
    /// </summary>
    public double Most(int rows)
    {
        var known = Largest > 0 && rows > Largest ? Tick(Largest) * rows / Largest : Tick(rows);
        return known * (1 + Margin * Jitter);
    }

    /// <summary>What a tick takes at least; 0 while too little is known to give up a request for it.</summary>
    public double Least(int rows) => Samples < 16 ? 0 : Tick(Math.Min(rows, Largest)) * Math.Max(0, 1 - 2 * Margin * Jitter);

    /// <summary>The smallest tick whose rows cost less than 5 % more than those of the largest allowed.</summary>
    /// <param name="cap">The largest tick allowed.</param>
    public int Knee(int cap)
    {
        if (Samples == 0) return cap;
        var affordable = (Alpha / cap + Beta) / (1 - WorthGoingOn) - Beta;
        return affordable <= 0 ? cap : Math.Clamp((int)Math.Ceiling(Alpha / affordable - 1e-9), 1, cap);
    }
}
