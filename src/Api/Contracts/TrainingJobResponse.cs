using System.Text.Json;
using Diffusion.Training.Runs;

namespace Diffusion.Api.Contracts;

/// <summary>A training job as callers see it.</summary>
/// <param name="Id">Its number, in the order of arrival.</param>
/// <param name="Name">The job's own name, and that of its run.</param>
/// <param name="Model">The model that gets its versions.</param>
/// <param name="Objective">What is learned.</param>
/// <param name="State">Where it stands; succeeded, failed and cancelled are final.</param>
/// <param name="Active">Whether the device works on it; after a pause or a cancel to the end of the step under way.</param>
/// <param name="Priority">The highest goes first; among equals, who came first.</param>
/// <param name="Ahead">How many waiting jobs go before it, while it waits.</param>
/// <param name="Submitted">When it came, UTC.</param>
/// <param name="Started">When it first ran, UTC.</param>
/// <param name="Ended">When it ended, UTC.</param>
/// <param name="Progress">How far it is, once it has run.</param>
/// <param name="ResumePoint">Where it goes on if the service dies now; only of a single job.</param>
/// <param name="MemoryBytes">Bytes on the disk that the memory of DDDM takes; known before the job starts.</param>
/// <param name="Version">The newest version it published.</param>
/// <param name="Versions">All of them, oldest first.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Job">The job file; only of a single job.</param>
/// <param name="Links">Where its parts are.</param>
internal sealed record TrainingJobResponse(
    string Id, string Name, string Model, string Objective, QueuedJobState State, bool Active, int Priority, int? Ahead,
    DateTimeOffset Submitted, DateTimeOffset? Started, DateTimeOffset? Ended, JobProgress? Progress, ResumePoint? ResumePoint, long? MemoryBytes,
    int? Version, IReadOnlyList<JobVersion> Versions, string? Error, JsonElement? Job, TrainingJobLinks Links)
{
    private static readonly JsonDocumentOptions Commented = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Where a job is.</summary>
    public static string PathOf(string id) => "/v1/training-jobs/" + id;

    /// <summary>One of many.</summary>
    public static TrainingJobResponse Of(QueuedJob job, TrainingQueue queue, TrainingRuns runs) => new(
        job.Id, job.Name, job.Model, job.Objective, job.State, runs.IsActive(job.Id), job.Priority, queue.Ahead(job.Id), job.Submitted, job.Started, job.Ended,
        JobProgress.Of(job, runs), null, job.MemoryBytes > 0 ? job.MemoryBytes : null, job.Version,
        [.. job.Versions.Select(v => new JobVersion(v.Step, v.Version, v.At, $"/v1/models/{job.Model}/versions/{v.Version}"))], job.Error, null, TrainingJobLinks.Of(PathOf(job.Id)));

    /// <summary>All that is known of one.</summary>
    public static TrainingJobResponse Whole(QueuedJob job, TrainingQueue queue, TrainingRuns runs)
    {
        using var file = JsonDocument.Parse(job.Job, Commented);
        return Of(job, queue, runs) with { ResumePoint = runs.ResumePointOf(job), Job = file.RootElement.Clone() };
    }
}

/// <summary>How far a job is.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Share">Steps done of all, 0..1.</param>
/// <param name="Images">Images seen, repeats counted.</param>
/// <param name="Loss">Averaged over about the last hundred steps.</param>
/// <param name="ImagesPerSecond">Since it began or went on.</param>
/// <param name="RemainingSeconds">To the end at this speed.</param>
internal sealed record JobProgress(int Step, int Steps, double Share, long? Images, double? Loss, double? ImagesPerSecond, double? RemainingSeconds)
{
    public static JobProgress? Of(QueuedJob job, TrainingRuns runs)
    {
        if (runs.Progress(job.Id) is { } live)
            return new JobProgress(live.Step, live.Steps, (double)live.Step / live.Steps, live.Images, Finite(live.Loss), Finite(live.ImagesPerSecond), live.Remaining.TotalSeconds);
        return job is { Step: { } step, Steps: { } steps } ? new JobProgress(step, steps, (double)step / steps, null, null, null, null) : null;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>A version that a job published.</summary>
/// <param name="Step">Steps done by then.</param>
/// <param name="Version">Its number within the model.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Path">Where it is.</param>
internal sealed record JobVersion(int Step, int Version, DateTimeOffset At, string Path);

/// <summary>Where the parts of a job are.</summary>
/// <param name="Self">Itself.</param>
/// <param name="Events">What happens to it, live.</param>
/// <param name="Metrics">Its curves.</param>
/// <param name="Samples">Its grids of samples.</param>
/// <param name="Strip">How the same seeds look as it goes on.</param>
internal sealed record TrainingJobLinks(string Self, string Events, string Metrics, string Samples, string Strip)
{
    public static TrainingJobLinks Of(string path) => new(path, path + "/events", path + "/metrics", path + "/samples", path + "/strip.png");
}

/// <summary>Some of the training jobs, newest first.</summary>
/// <param name="Items">Those of this page.</param>
/// <param name="Next">The <c>cursor</c> of the next page; none on the last.</param>
internal sealed record TrainingJobPage(IReadOnlyList<TrainingJobResponse> Items, string? Next);

/// <summary>What POST checkpoint did.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Model">The model of the version, if one was asked for.</param>
/// <param name="Version">Its number.</param>
/// <param name="Path">Where it is.</param>
internal sealed record CheckpointResponse(int Step, string? Model, int? Version, string? Path);

/// <summary>A grid of samples.</summary>
/// <param name="Step">Steps done when it was made.</param>
/// <param name="Picture">Where it is.</param>
internal sealed record SampleResponse(int Step, string Picture)
{
    public static SampleResponse Of(string id, int step) => new(step, PictureOf(id, step));

    /// <summary>Where the grid of a step is.</summary>
    public static string PictureOf(string id, int step) => $"{TrainingJobResponse.PathOf(id)}/samples/{step}.png";
}

/// <summary>A grid of samples that was made before.</summary>
/// <param name="Step">Steps done by then.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Picture">Where it is.</param>
internal sealed record KeptSampleResponse(int Step, DateTimeOffset At, long Bytes, string Picture);
