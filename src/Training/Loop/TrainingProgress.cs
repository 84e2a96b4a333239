namespace Diffusion.Training.Loop;

/// <summary>Where a training run stands.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Images">Images seen, repeats counted.</param>
/// <param name="Loss">Loss, averaged over about the last hundred steps.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="GradientNorm">Of the last step, before clipping.</param>
/// <param name="ImagesPerSecond">Since the run was started or resumed.</param>
/// <param name="Remaining">Time to the end at this speed.</param>
/// <param name="Figures">What the objective reports of itself.</param>
public sealed record TrainingProgress(
    int Step, int Steps, long Images, double Loss, double LearningRate, double GradientNorm, double ImagesPerSecond, TimeSpan Remaining,
    IReadOnlyDictionary<string, double> Figures);
