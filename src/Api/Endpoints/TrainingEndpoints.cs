using System.Text;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Idempotency;
using Diffusion.Inference.Jobs;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Diffusion.Api.Endpoints;

/// <summary>The durable queue of training jobs: <c>/v1/training-jobs</c>.</summary>
internal static class TrainingEndpoints
{
    public static void MapTraining(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/training-jobs").WithTags("Training").RequireScope(Scopes.Train);
        jobs.MapPost("/", SubmitAsync).Idempotent().WithName("SubmitTrainingJob").WithSummary("Queues a job file; jobs are trained one at a time and survive a restart.")
            .Accepts<object>("application/json").ProducesProblem(400).ProducesProblem(413).ProducesProblem(503);
        jobs.MapGet("/", List).WithName("ListTrainingJobs").WithSummary("Every job, in the order they came.");
        jobs.MapGet("/{id}", Get).WithName("GetTrainingJob").WithSummary("One job and where it stands.").ProducesProblem(404);
        jobs.MapPost("/{id}/cancel", Cancel).WithName("CancelTrainingJob").WithSummary("Takes a waiting job back, or stops the running one after its step.")
            .ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Accepted<TrainingJobResponse>> SubmitAsync(HttpRequest request, TrainingQueue queue, CancellationToken cancellation)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(cancellation);
        try
        {
            var job = queue.Submit(text);
            return TypedResults.Accepted($"/v1/training-jobs/{job.Id}", TrainingJobResponse.Of(job));
        }
        catch (TrainingJobException wrong)
        {
            throw RequestRefusedException.Invalid([.. wrong.Problems.Select(ToError)]);
        }
        catch (TrainingQueueFullException full)
        {
            throw new RequestRefusedException(ProblemCatalogue.Overloaded, full.Message);
        }
    }

    private static Ok<TrainingJobResponse[]> List(TrainingQueue queue) => TypedResults.Ok(queue.Jobs.Select(TrainingJobResponse.Of).ToArray());

    private static Ok<TrainingJobResponse> Get(string id, TrainingQueue queue) => TypedResults.Ok(TrainingJobResponse.Of(Known(id, queue)));

    private static Ok<TrainingJobResponse> Cancel(string id, TrainingQueue queue)
    {
        var job = Known(id, queue);
        if (!queue.Cancel(id)) throw new RequestRefusedException(ProblemCatalogue.ConflictingState, $"Training job {id} is {job.State.ToString().ToLowerInvariant()} already.");
        return TypedResults.Ok(TrainingJobResponse.Of(Known(id, queue)));
    }

    private static QueuedJob Known(string id, TrainingQueue queue) =>
        queue.Find(id) ?? throw new RequestRefusedException(ProblemCatalogue.UnknownTrainingJob, $"There is no training job '{id}'.");

    // the reader writes "path: what is wrong."
    private static FieldError ToError(string problem)
    {
        var colon = problem.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? new FieldError("", problem) : new FieldError(problem[..colon], problem);
    }
}
