namespace Diffusion.Inference.Quotas;

/// <summary>Where a client stands with one of its limits.</summary>
/// <param name="Limit">What it may use.</param>
/// <param name="Used">What it has used of that.</param>
/// <param name="ResetsAt">When there is room again: for the request that was refused, else for everything.</param>
/// <param name="ResetsIn">The same as a time from now.</param>
/// <param name="Unit"><c>row-steps</c> (a minute) or <c>concurrent-rows</c>.</param>
public sealed record QuotaState(long Limit, long Used, DateTimeOffset ResetsAt, TimeSpan ResetsIn, string Unit)
{
    /// <summary>The unit of <see cref="Allowance.RowsPerMinute"/>.</summary>
    public const string RowSteps = "row-steps";

    /// <summary>The unit of <see cref="Allowance.ConcurrentRows"/>.</summary>
    public const string Rows = "concurrent-rows";
}
