using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Evaluations;
using Diffusion.Api.Hosting;
using Diffusion.Api.Idempotency;
using Diffusion.Inference;
using Diffusion.Training.EvaluationJobs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The durable queue of evaluations: <c>/v1/evaluations</c>.</summary>
internal static class EvaluationEndpoints
{
    public static void MapEvaluations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/evaluations").WithTags("Evaluation").RequireScope(Scopes.Train);
        group.MapPost("/", SubmitAsync).Idempotent().WithName("SubmitEvaluation").WithSummary("Queues the measurement of a version: samplers at step counts, by name.")
            .WithDescription("The pictures are drawn by the serving engine behind everybody else. One evaluation is measured at a time; it survives a restart, and its figures are attached to the version.")
            .Accepts<EvaluationRequest>("application/json").Produces<EvaluationResponse>(202).ProducesProblem(400).ProducesProblem(413).ProducesProblem(415).ProducesProblem(503);
        group.MapGet("/", List).WithName("ListEvaluations").WithSummary("The evaluations, newest first.").ProducesProblem(400);
        group.MapGet("/{id}", Get).WithName("GetEvaluation").WithSummary("One evaluation, how far it is, and what it has measured.").ProducesProblem(404);
        group.MapPost("/{id}/cancel", Cancel).WithName("CancelEvaluation").WithSummary("Takes an evaluation back; what is measured stays attached.")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
    }

    private static async Task<Accepted<EvaluationResponse>> SubmitAsync(HttpRequest request, EvaluationQueue queue, IOptions<ApiOptions> options, IOptions<InferenceOptions> engine)
    {
        var body = await JsonBody.ReadAsync(request, options.Value.MaxBodyBytes, request.HttpContext.RequestAborted);
        if (body is not { } fields) throw RequestRefusedException.Invalid([new("model", "model is missing; the body must be an object with at least a model.")]);
        JsonBody.RequireObject(fields);
        var record = queue.Submit(fields, engine.Value.Limits());
        return TypedResults.Accepted(EvaluationResponse.PathOf(record.Id), EvaluationResponse.Of(record, queue));
    }

    private static Ok<EvaluationPage> List(HttpRequest request, EvaluationQueue queue)
    {
        var query = EvaluationQuery.Read(request.Query);
        var found = queue.Records.Reverse()
            .Where(r => (query.Cursor is null || string.CompareOrdinal(r.Id, query.Cursor) < 0) && (query.State is null || r.State == query.State) && (query.Model is null || r.Plan.Model == query.Model))
            .Take(query.Limit + 1).ToArray();
        return TypedResults.Ok(new EvaluationPage([.. found.Take(query.Limit).Select(r => EvaluationResponse.Of(r, queue))], found.Length > query.Limit ? found[query.Limit - 1].Id : null));
    }

    private static Ok<EvaluationResponse> Get(string id, EvaluationQueue queue) => TypedResults.Ok(EvaluationResponse.Of(queue.Find(id) ?? throw Unknown(id), queue));

    private static Ok<EvaluationResponse> Cancel(string id, EvaluationQueue queue) => TypedResults.Ok(EvaluationResponse.Of(queue.Cancel(id) ?? throw Unknown(id), queue));

    private static RequestRefusedException Unknown(string id) => new(ProblemCatalogue.UnknownEvaluation, $"There is no evaluation '{id}'.");
}
