using System.Globalization;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>The durable generations: <c>/v1/generations</c>.</summary>
internal static class GenerationEndpoints
{
    public static void MapGenerations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/generations").WithTags("Generation").RequireScope(Scopes.Generate);
        group.AddEndpointFilter<RouteGroupBuilder, OwnGenerationFilter>();
        group.MapPost("", CreateAsync).Idempotent().WithName("CreateGeneration").WithSummary("Accepts a generation that survives a restart.")
            .Produces<GenerationResponse>(201).Produces<GenerationResponse>(202);
        group.MapGet("", List).WithName("ListGenerations").WithSummary("The durable generations, newest first; with API keys one's own, or all with the scope admin.")
            .ProducesProblem(400).ProducesProblem(503);
        group.MapGet("{id}", Get).WithName("GetGeneration").WithSummary("One generation and where it stands.")
            .Produces<GenerationResponse>().Produces(304).ProducesProblem(404).ProducesProblem(503);
        group.MapPost("{id}/cancel", CancelAsync).WithName("CancelGeneration").WithSummary("Ends a generation; it leaves the batch at the next tick.")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);
        group.MapGet("{id}/result", GenerationResults.Answer).WithName("GetGenerationResult").WithSummary("The pictures of a generation, in any format.")
            .Produces(200, contentType: "image/png").Produces<GenerationResponse>(202).Produces(206).Produces(304)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(406).ProducesProblem(409).ProducesProblem(410).ProducesProblem(503);
        group.MapGet("{id}/frames", GenerationResults.AnswerFrames).WithName("GetGenerationFrames").WithSummary("The frames that a generation kept: how its pictures came about.")
            .Produces(200, contentType: "image/apng").Produces<GenerationResponse>(202).Produces(206).Produces(304)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(406).ProducesProblem(409).ProducesProblem(410).ProducesProblem(503);
        group.MapGet("{id}/events", (string id, HttpContext http, GenerationEvents events) => events.WatchAsync(id, http)).AllowKeyInQuery().WithName("GetGenerationEvents")
            .WithSummary("The events of a generation as they happen, as server-sent events.")
            .Produces(200, contentType: EventStream.MediaType).Produces(204).ProducesProblem(400).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);
        group.MapDelete("{id}", DeleteAsync).WithName("DeleteGeneration").WithSummary("Removes a generation and its result; one that runs is canceled.")
            .Produces(204).ProducesProblem(404).ProducesProblem(503);
    }

    /// <summary>The record of an id.</summary>
    /// <param name="archive">Where to look.</param>
    /// <param name="id">The generation.</param>
    /// <param name="only">The client whose generations may be seen; null for all.</param>
    /// <exception cref="RequestRefusedException">There is none, or it is somebody else's.</exception>
    public static GenerationRecord Known(this GenerationArchive archive, string id, string? only = null) =>
        archive.Find(id) is { } record && (only is null || only == record.Request.Client) ? record : throw Unknown(id);

    private static async Task<IResult> CreateAsync(
        HttpContext http, GenerationService generations, GenerationKeeping keeping, Callers callers, IOptions<ApiOptions> options)
    {
        var preferences = Preferences.Read(http.Request.Headers);
        var command = await GenerateFields.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        var record = await keeping.KeepAsync(http, generations.Submit(callers.Sign(command.RequestFor(command.Format), http)), ResultQuery.WishesOf(command));
        return await keeping.AnswerAsync(http, record, preferences);
    }

    private static Ok<GenerationPage> List(HttpRequest request, GenerationArchive archive)
    {
        var query = GenerationQuery.Read(request.Query);
        var records = archive.List(query.Limit + 1, query.Cursor, query.State, Callers.OnlyOf(request.HttpContext.User));
        var items = records.Take(query.Limit).Select(GenerationResponse.Of).ToArray();
        return TypedResults.Ok(new GenerationPage(items, records.Count > query.Limit ? items[^1].Id : null));
    }

    private static IResult Get(string id, HttpContext http, GenerationArchive archive)
    {
        var record = archive.Known(id);
        var tag = new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{record.Revision}\""));
        http.Response.GetTypedHeaders().ETag = tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        var seen = http.Request.GetTypedHeaders().IfNoneMatch;
        return seen.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(GenerationResponse.Of(record));
    }

    private static async Task<Accepted<GenerationResponse>> CancelAsync(string id, GenerationArchive archive)
    {
        var (record, changed) = await archive.CancelAsync(id) ?? throw Unknown(id);
        if (!changed)
            throw new RequestRefusedException(ProblemCatalogue.ConflictingState, $"Generation {id} is {record.State.ToString().ToLowerInvariant()} already.");
        return TypedResults.Accepted(GenerationResponse.PathOf(id), GenerationResponse.Of(record));
    }

    private static async Task<NoContent> DeleteAsync(string id, GenerationArchive archive) =>
        await archive.RemoveAsync(id) ? TypedResults.NoContent() : throw Unknown(id);

    /// <summary>The refusal of an id that names nothing.</summary>
    public static RequestRefusedException Unknown(string id) => new(ProblemCatalogue.UnknownGeneration, $"There is no generation '{id}'.");
}
