namespace Diffusion.Inference.Batching;

/// <summary>What one tick runs.</summary>
/// <param name="Lane">The lane of all its rows.</param>
/// <param name="Samples">Pictures whose next row runs, each at most once.</param>
/// <param name="Evaluations">Network evaluations, guidance pairs counted twice.</param>
internal sealed record BatchPlan(LaneKey Lane, IReadOnlyList<SampleTurn> Samples, int Evaluations);
