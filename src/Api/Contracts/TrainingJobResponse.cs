using Diffusion.Training.Runs;

namespace Diffusion.Api.Contracts;

/// <summary>A training job as callers see it.</summary>
/// <param name="Id">Its number in the queue.</param>
/// <param name="Name">The job's own name.</param>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Submitted">When it came, UTC.</param>
/// <param name="Ended">When it ended, UTC.</param>
/// <param name="Version">The version it published.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record TrainingJobResponse(
    string Id, string Name, QueuedJobState State, DateTimeOffset Submitted, DateTimeOffset? Ended, int? Version, string? Error)
{
    public static TrainingJobResponse Of(QueuedJob job) => new(job.Id, job.Name, job.State, job.Submitted, job.Ended, job.Version, job.Error);
}
