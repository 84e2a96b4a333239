namespace Diffusion.Inference.Quotas;

/// <summary>What one client may use of the engine.</summary>
/// <param name="RowsPerMinute">Row-steps a minute: one network evaluation for one picture; null is no limit.</param>
/// <param name="ConcurrentRows">Rows that its requests may have in a tick together, guidance counted twice; null is no limit.</param>
/// <param name="Weight">Share of a busy engine, against other clients.</param>
public sealed record Allowance(long? RowsPerMinute = null, int? ConcurrentRows = null, double Weight = 1);
