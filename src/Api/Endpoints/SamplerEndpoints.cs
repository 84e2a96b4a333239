using Diffusion.Api.Contracts;
using Diffusion.Inference.Models;
using Diffusion.Samplers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Diffusion.Api.Endpoints;

/// <summary>How pictures can be made: <c>/v1/samplers</c>.</summary>
internal static class SamplerEndpoints
{
    public static void MapSamplers(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/samplers", List).WithTags("Samplers").WithName("ListSamplers")
            .WithSummary("The samplers, their options with ranges and defaults, and the models they can serve.");

    private static Ok<IEnumerable<SamplerResponse>> List(ModelRegistry models)
    {
        var served = models.Describe();
        return TypedResults.Ok(SamplerCatalog.All.Select(s => SamplerResponse.Of(s, served)));
    }
}
