using Diffusion.Checkpoints;
using Diffusion.Training.Data;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Runs;

/// <summary>One job from its file to what it publishes. Synchronous; call it on a thread of its own.</summary>
internal sealed class TrainingRun
{
    private readonly byte[] jobFile;
    private readonly TrainingJob job;
    private readonly TrainingOptions options;
    private readonly CheckpointStore store;
    private readonly TimeProvider time;

    /// <exception cref="TrainingJobException">The job is wrong.</exception>
    public TrainingRun(byte[] jobFile, TrainingOptions options, CheckpointStore store, TimeProvider time)
    {
        (this.jobFile, this.options, this.store, this.time) = (jobFile, options, store, time);
        job = TrainingJobReader.Read(jobFile);
    }

    /// <summary>Called after each logged step.</summary>
    public Action<TrainingProgress>? Report { get; init; }

    /// <summary>Trains until the end or until <paramref name="stop"/>; publishes at the end.</summary>
    /// <exception cref="DamagedDataException">The image set is missing or damaged.</exception>
    /// <exception cref="TrainingJobException">The job does not fit the images or its parent.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite.</exception>
    /// <exception cref="IOException">The run's folder holds another job, or another process has it.</exception>
    public TrainingOutcome Execute(CancellationToken stop)
    {
        if (options.Threads > 0) set_num_threads(options.Threads);
        using var images = ImageSet.Open(Path.Combine(options.Data, job.Data), "train");
        RequireFit(images.Manifest);
        using var folder = new RunFolder(Path.Combine(options.State, "runs", job.Name), jobFile);
        using var trainee = Trainee(folder, images);
        var plan = new EpochPlan(job.Seed, job.DataImages ?? images.Count, job.Batch, job.Images, job.Steps);
        using var trainer = new Trainer(job, plan, trainee, new BatchSource(job.Seed, images, plan, trainee.Forward), folder, time) { Report = Report };
        var steps = trainer.Run(stop);
        return steps < plan.Steps
            ? new TrainingOutcome(false, steps, job.Model, null)
            : new TrainingOutcome(true, steps, job.Model, trainee.Publish(steps, plan.ImagesBefore(steps)));
    }

    private ITrainee Trainee(RunFolder folder, ImageSet images) => job switch
    {
        DenoiserJob denoiser => new DenoiserTrainee(denoiser, folder, store, images, device(options.Device)),
        ClassifierJob classifier => new ClassifierTrainee(classifier, jobFile, options, device(options.Device)),
        _ => throw new InvalidOperationException($"No trainee for {job.GetType().Name}."),
    };

    private void RequireFit(ImageSetManifest set)
    {
        var (size, channels, classes) = job switch
        {
            DenoiserJob denoiser => (denoiser.Network.ImageSize, denoiser.Network.Channels, denoiser.Network.Classes),
            ClassifierJob classifier => (classifier.Classifier.ImageSize, classifier.Classifier.Channels, classifier.Classifier.Classes),
            _ => (set.Height, set.Channels, null),
        };
        var problems = new List<string>();
        if (set.Height != size || set.Width != size) problems.Add($"network.imageSize: is {size}, the images of {job.Data} are {set.Height}x{set.Width}.");
        if (set.Channels != channels) problems.Add($"network.channels: is {channels}, the images of {job.Data} have {set.Channels}.");
        if (classes is { } count && count != set.Classes.Count) problems.Add($"network.classes: is {count}, {job.Data} has {set.Classes.Count}.");
        if (job.DataImages > set.Splits["train"]) problems.Add($"dataImages: is {job.DataImages}, {job.Data} has {set.Splits["train"]}.");
        if (problems.Count > 0) throw new TrainingJobException(problems);
    }
}
