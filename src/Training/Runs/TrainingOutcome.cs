namespace Diffusion.Training.Runs;

/// <summary>How a run ended.</summary>
/// <param name="Finished">Whether it ran to the end; false if it was stopped, and can be resumed.</param>
/// <param name="Steps">Steps done.</param>
/// <param name="Model">The model that was trained.</param>
/// <param name="Version">The version that was published at the end, or null.</param>
public sealed record TrainingOutcome(bool Finished, int Steps, string Model, int? Version);
