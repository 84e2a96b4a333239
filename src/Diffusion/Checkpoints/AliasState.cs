namespace Diffusion.Checkpoints;

/// <summary>Where an alias stands.</summary>
/// <param name="Version">The version.</param>
/// <param name="Changed">When it was moved there, UTC; null if nobody wrote that down.</param>
/// <param name="Before">Where it stood before, the latest last; a bounded number.</param>
public sealed record AliasState(int Version, DateTimeOffset? Changed, IReadOnlyList<int> Before);
