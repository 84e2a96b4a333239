namespace Diffusion.Training.EvaluationJobs;

/// <summary>What the engine allows of one picture.</summary>
/// <param name="MostSteps">Network evaluations; a model's own T also bounds them.</param>
/// <param name="MostGuidance">Largest guidance scale.</param>
public sealed record EngineLimits(int MostSteps, double MostGuidance);
