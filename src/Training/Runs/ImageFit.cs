using Diffusion.Training.Data;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Runs;

/// <summary>Whether a job and its images belong together.</summary>
internal static class ImageFit
{
    /// <summary>One sentence for each field that does not fit.</summary>
    public static IReadOnlyList<string> Problems(TrainingJob job, ImageSetManifest set)
    {
        var (size, channels, classes) = job switch
        {
            DenoiserJob denoiser => (denoiser.Network.ImageSize, denoiser.Network.Channels, denoiser.Network.Classes),
            NoisyClassifierJob noisy => (noisy.Network.ImageSize, noisy.Network.Channels, noisy.Network.Classes),
            ClassifierJob classifier => (classifier.Classifier.ImageSize, classifier.Classifier.Channels, classifier.Classifier.Classes),
            _ => (set.Height, set.Channels, null),
        };
        var problems = new List<string>();
        if (set.Height != size || set.Width != size) problems.Add($"network.imageSize: is {size}, the images of {job.Data} are {set.Height}x{set.Width}.");
        if (set.Channels != channels) problems.Add($"network.channels: is {channels}, the images of {job.Data} have {set.Channels}.");
        if (classes is { } count && count != set.Classes.Count) problems.Add($"network.classes: is {count}, {job.Data} has {set.Classes.Count}.");
        if (job.DataImages > set.Splits["train"]) problems.Add($"dataImages: is {job.DataImages}, {job.Data} has {set.Splits["train"]}.");
        if (job.Every.Validate > 0 && set.Splits.GetValueOrDefault(Validation.Split) == 0) problems.Add($"every.validate: {job.Data} has no images to validate by; import it with a {Validation.Split} split.");
        return problems;
    }

    /// <summary>Bytes of the files in which a run keeps the memory of DDDM; 0 if it keeps none.</summary>
    public static long MemoryBytes(TrainingJob job, ImageSetManifest set) =>
        job is DenoiserJob { Objective: { HasMemory: true, MemorySource: MemorySource.Stored } objective }
            ? SampleMemory.Bytes(objective.MemoryStorage, set.Splits["train"], set.Channels * set.Height * set.Width)
            : 0;
}
