using Diffusion.Checkpoints;
using Diffusion.Networks;
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

    /// <summary>What to do besides, asked for between two steps; null where nobody can ask.</summary>
    public RunOrders? Orders { get; init; }

    /// <summary>Called when training begins, and with each resume point, grid and version.</summary>
    public Action<RunNews>? Tell { get; init; }

    /// <summary>The job's id in the queue; null for a run in the foreground. Goes into what is published.</summary>
    public string? JobId { get; init; }

    /// <summary>Trains until the end or until <paramref name="stop"/>; publishes at the end.</summary>
    /// <exception cref="DamagedDataException">The image set is missing or damaged.</exception>
    /// <exception cref="TrainingJobException">The job does not fit the images or its parent.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not finite.</exception>
    /// <exception cref="IOException">The run's folder holds another job, or another process has it.</exception>
    public TrainingOutcome Execute(CancellationToken stop)
    {
        ThreadTeam.Enter(options.Threads);
        using var images = ImageSet.Open(Path.Combine(options.Data, job.Data), "train");
        if (ImageFit.Problems(job, images.Manifest) is { Count: > 0 } problems) throw new TrainingJobException(problems);
        if (PerceptualFile.Problem(job, options) is { } missing) throw new TrainingJobException([missing]);
        using var folder = new RunFolder(RunFiles.PathOf(options, job.Name), jobFile);
        RequireRoom(folder, ImageFit.MemoryBytes(job, images.Manifest));
        var plan = new EpochPlan(job.Seed, job.DataImages ?? images.Count, job.Batch, job.Images, job.Steps);
        var rounds = new RoundPlan((job as DenoiserJob)?.Objective.Chain?.Lengths(plan.Steps) ?? [plan.Steps]);
        if (rounds.Steps != plan.Steps) plan = new EpochPlan(job.Seed, job.DataImages ?? images.Count, job.Batch, job.Images, rounds.Steps);
        using var trainee = Trainee(folder, images, rounds);
        using var unseen = job.Every.Validate > 0 ? ImageSet.Open(Path.Combine(options.Data, job.Data), Validation.Split) : null;
        using var trainer = new Trainer(job, plan, rounds, trainee, new BatchSource(job.Seed, images, plan, trainee.Forward, (job as DenoiserJob)?.Augmentation), folder, time)
        {
            Report = Report,
            Orders = Orders,
            Tell = Tell,
            Validation = unseen is null ? null : new Validation(job.Seed, unseen, job.Batch, trainee.Forward),
        };
        var steps = trainer.Run(stop);
        if (steps < plan.Steps) return new TrainingOutcome(false, steps, job.Model, null);
        var version = trainee.Publish(steps, plan.ImagesBefore(steps));
        Tell?.Invoke(new RunNews(RunMoment.Published, steps, plan.Steps, version));
        return new TrainingOutcome(true, steps, job.Model, version);
    }

    private ITrainee Trainee(RunFolder folder, ImageSet images, RoundPlan rounds) => job switch
    {
        DenoiserJob denoiser => new DenoiserTrainee(denoiser, folder, rounds, store, images, options, Devices.Named(options.Device, "Training:Device")) { JobId = JobId },
        NoisyClassifierJob classifier => new NoisyClassifierTrainee(classifier, folder, store, images, options, Devices.Named(options.Device, "Training:Device")) { JobId = JobId },
        ClassifierJob classifier => new ClassifierTrainee(classifier, jobFile, options, Devices.Named(options.Device, "Training:Device")),
        _ => throw new InvalidOperationException($"No trainee for {job.GetType().Name}."),
    };

    // a mapped file has its full length before it has its blocks: to run out of them later would end the process, not the run
    private static void RequireRoom(RunFolder folder, long memory)
    {
        if (memory == 0 || Directory.Exists(folder.Memory)) return;
        var free = new DriveInfo(Path.GetFullPath(folder.Root)).AvailableFreeSpace;
        if (free < memory) throw new IOException($"The memory of the run needs {memory} bytes, and {folder.Root} has {free} left.");
    }
}
