using System.ComponentModel.DataAnnotations;

namespace Diffusion.Training;

/// <summary>Where training keeps its files, and what it may use. Bound from the section <c>Training</c>.</summary>
public sealed class TrainingOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Training";

    /// <summary>Folder of the image sets.</summary>
    [Required] public string Data { get; set; } = "data";

    /// <summary>Folder of queue and runs.</summary>
    [Required] public string State { get; set; } = "state/training";

    /// <summary>Folder of the published models.</summary>
    [Required] public string Models { get; set; } = "models";

    /// <summary>CPU threads of the training run; 0 leaves torch's own choice.</summary>
    [Range(0, 1024)] public int Threads { get; set; }

    /// <summary>Device of the training run: <c>auto</c> (the first GPU, else the CPU), <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>.</summary>
    [Required] public string Device { get; set; } = "auto";

    /// <summary>TorchScript file of a perceptual distance, for the loss <c>pseudo-lpips</c>; empty has none. It is code, and runs with the rights of the service.</summary>
    public string PerceptualNetwork { get; set; } = "";

    /// <summary>Jobs that may wait at a time.</summary>
    [Range(1, 100_000)] public int QueueLength { get; set; } = 100;
}
