using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Idempotency;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;

namespace Diffusion.Api.Endpoints;

/// <summary>The durable queue of training jobs: <c>/v1/training-jobs</c>.</summary>
internal static class TrainingEndpoints
{
    public static void MapTraining(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/training-templates", (JobTemplates templates) => TypedResults.Ok(templates.All())).WithTags("Training").RequireScope(Scopes.Train)
            .WithName("ListTrainingTemplates").WithSummary("The job files that come with the models, to begin with.");
        var jobs = routes.MapGroup("/v1/training-jobs").WithTags("Training").RequireScope(Scopes.Train);
        jobs.MapPost("/", TrainingCalls.SubmitAsync).Idempotent().WithName("SubmitTrainingJob").WithSummary("Queues a job file; jobs are trained one at a time and survive a restart.")
            .Accepts<object>("application/json").Produces<TrainingJobResponse>(202).ProducesProblem(400).ProducesProblem(413).ProducesProblem(415).ProducesProblem(503);
        jobs.MapGet("/", TrainingCalls.List).WithName("ListTrainingJobs").WithSummary("The jobs, newest first.").ProducesProblem(400);
        jobs.MapGet("/{id}", TrainingCalls.Get).WithName("GetTrainingJob").WithSummary("One job, how far it is, and where its parts are.")
            .Produces<TrainingJobResponse>().Produces(304).ProducesProblem(404);
        jobs.MapPost("/{id}/pause", TrainingCalls.Pause).WithName("PauseTrainingJob").WithSummary("Saves a running job after its step and holds it, or holds a waiting one.")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
        jobs.MapPost("/{id}/resume", TrainingCalls.Resume).WithName("ResumeTrainingJob").WithSummary("Puts a paused job back into the queue.")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
        jobs.MapPost("/{id}/cancel", TrainingCalls.Cancel).WithName("CancelTrainingJob").WithSummary("Takes a waiting job back, or stops the running one after its step.")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
        jobs.MapPost("/{id}/checkpoint", TrainingCalls.CheckpointAsync).Idempotent().WithName("CheckpointTrainingJob")
            .WithSummary("Makes a resume point after the step under way and, if asked, publishes a version.").Produces<CheckpointResponse>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        jobs.MapPost("/{id}/sample", TrainingCalls.SampleAsync).Idempotent().WithName("SampleTrainingJob").WithSummary("Makes a grid of samples after the step under way.")
            .Produces<SampleResponse>().ProducesProblem(404).ProducesProblem(409);
        jobs.MapPost("/{id}/clone", TrainingCalls.CloneAsync).Idempotent().WithName("CloneTrainingJob").WithSummary("Queues the job file again, with changes.")
            .WithDescription("The body is a JSON merge patch (RFC 7396) of the job file; it may be left out. Without a name the new job gets one that is free, such as digits-ddpm-2.")
            .Accepts<object>(isOptional: true, "application/merge-patch+json", "application/json").Produces<TrainingJobResponse>(202)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(413).ProducesProblem(415).ProducesProblem(503);
        jobs.MapPut("/{id}/priority", TrainingCalls.PreferAsync).WithName("PrioritizeTrainingJob").WithSummary("Moves a job in the queue; the one that runs goes on.")
            .Accepts<PriorityRequest>("application/json").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
    }

    /// <summary>The job of an id.</summary>
    /// <exception cref="RequestRefusedException">There is none.</exception>
    public static QueuedJob Known(this TrainingQueue queue, string id) => queue.Find(id) ?? throw Unknown(id);

    public static RequestRefusedException Unknown(string id) => new(ProblemCatalogue.UnknownTrainingJob, $"There is no training job '{id}'.");
}

/// <summary>Where a job shall stand among the others.</summary>
/// <param name="Priority">The highest goes first; -100..100, at first 0.</param>
internal sealed record PriorityRequest(int Priority);
