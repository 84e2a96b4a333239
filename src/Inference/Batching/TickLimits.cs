namespace Diffusion.Inference.Batching;

/// <summary>What a tick may be.</summary>
/// <param name="MaxRows">Network evaluations, at least 2 so that a guidance pair fits; a lane may have a lower cap.</param>
/// <param name="MaxSkippedTicks">Ticks of its lane after which a picture that waits is overdue.</param>
/// <param name="Now">Milliseconds on the engine's clock.</param>
internal readonly record struct TickLimits(int MaxRows, int MaxSkippedTicks, double Now)
{
    /// <summary>Rows that a tick of a lane may have.</summary>
    public int RowsOf(Lane lane) => Math.Min(MaxRows, lane.Cap);
}
