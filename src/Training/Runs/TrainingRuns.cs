using Diffusion.Checkpoints;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Runs;

/// <summary>Where a run can go on from.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="At">When it was saved, UTC.</param>
/// <param name="Bytes">Length of the file.</param>
public sealed record ResumePoint(int Step, DateTimeOffset At, long Bytes);

/// <summary>What can be asked of the run of a job: where it stands, and what it shall do besides.</summary>
public sealed class TrainingRuns
{
    private readonly TrainingQueue queue;
    private readonly TrainingOptions options;

    internal TrainingRuns(TrainingQueue queue, IOptions<TrainingOptions> options) => (this.queue, this.options) = (queue, options.Value);

    /// <summary>Whether the device works on the job; a job that was paused or cancelled is worked on to the end of its step.</summary>
    public bool IsActive(string id) => queue.Active?.Id == id;

    /// <summary>After the last logged step of a job that is worked on, or null.</summary>
    public TrainingProgress? Progress(string id) => queue.Active is { } run && run.Id == id ? run.Progress : null;

    /// <summary>The last resume point of a job, or null.</summary>
    public ResumePoint? ResumePointOf(QueuedJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var state = new FileInfo(new RunFiles(RunFiles.PathOf(options, job.Name)).State);
        return state.Exists && TrainingState.StepOf(state.FullName) is { } step ? new ResumePoint(step, new DateTimeOffset(state.LastWriteTimeUtc, TimeSpan.Zero), state.Length) : null;
    }

    /// <summary>Makes a resume point after the step under way and, if asked, a version.</summary>
    /// <returns>Steps done, and the version or null.</returns>
    /// <exception cref="TrainingConflictException">The job is not being trained, or stops first.</exception>
    public async Task<PublishedAt> CheckpointAsync(QueuedJob job, bool publish, CancellationToken cancellation)
    {
        var done = await AskAsync(job, publish ? RunOrder.Publish : RunOrder.Checkpoint, cancellation);
        return new PublishedAt(done.Step, done.Version);
    }

    /// <summary>Makes a grid of samples after the step under way.</summary>
    /// <returns>Steps done.</returns>
    /// <exception cref="TrainingConflictException">The job is not being trained, stops first, or makes no samples.</exception>
    public async Task<int> SampleAsync(QueuedJob job, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Objective is ClassifierJob.Kind or NoisyClassifierJob.Kind) throw new TrainingConflictException($"Training job {job.Id} trains a classifier, which makes no samples.");
        return (await AskAsync(job, RunOrder.Sample, cancellation)).Step;
    }

    private async Task<RunNews> AskAsync(QueuedJob job, RunOrder order, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.State != QueuedJobState.Running || queue.Active is not { } run || run.Id != job.Id) throw new TrainingConflictException(job, "; only a running job can do that");
        return await run.Orders.AskAsync(order, cancellation) ?? throw new TrainingConflictException(queue.Find(job.Id)!, " now; it stopped before");
    }
}

/// <summary>Where a job saved itself.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Version">The version that was published, or null.</param>
public sealed record PublishedAt(int Step, int? Version);
