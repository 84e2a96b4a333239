using Diffusion.Checkpoints;
using Diffusion.Networks;

namespace Diffusion.Training.Jobs;

/// <summary>A run that makes the classifier of noisy images by which samplers are guided (Dhariwal and Nichol 2021, section 4).</summary>
internal sealed record NoisyClassifierJob : TrainingJob
{
    public const string Kind = CheckpointManifest.NoisyClassifier;

    /// <summary>The schedule of the models that it shall guide.</summary>
    public required ScheduleReference Schedule { get; init; }

    public required UNetConfig Network { get; init; }
}
