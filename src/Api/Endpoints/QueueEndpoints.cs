using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Diffusion.Api.Endpoints;

/// <summary>How busy the engine is: <c>/v1/queue</c>.</summary>
internal static class QueueEndpoints
{
    public static void MapQueue(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/queue", Get).RequireAuthorization().WithTags("Queue").WithName("GetQueue").WithSummary("Rows that wait and run, and how long a tick takes.");

    private static Ok<QueueSnapshot> Get(GenerationService generations) => TypedResults.Ok(generations.Snapshot());
}
