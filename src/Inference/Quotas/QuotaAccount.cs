namespace Diffusion.Inference.Quotas;

/// <summary>What one client uses. Used row-steps run off at the rate of the limit, as a bucket that leaks.</summary>
internal sealed class QuotaAccount(long now)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private long updated = now;

    /// <summary>Row-steps that have not run off.</summary>
    public double Used { get; private set; }

    /// <summary>Rows at work.</summary>
    public int Rows { get; set; }

    /// <summary>Brings <see cref="Used"/> up to now.</summary>
    public void Age(TimeProvider time, long limit)
    {
        var now = time.GetTimestamp();
        Used = Math.Max(0, Used - time.GetElapsedTime(updated, now) / Window * limit);
        updated = now;
    }

    /// <summary>Charges, or with a negative number gives back.</summary>
    public void Add(long rowSteps) => Used = Math.Max(0, Used + rowSteps);

    /// <summary>How long until no more than <paramref name="target"/> is used.</summary>
    public TimeSpan Until(double target, long limit) => Used <= target ? TimeSpan.Zero : Window * ((Used - Math.Max(0, target)) / limit);
}
