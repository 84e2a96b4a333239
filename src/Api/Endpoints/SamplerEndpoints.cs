using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Samplers;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>How pictures can be made: <c>/v1/samplers</c>.</summary>
internal static class SamplerEndpoints
{
    public static void MapSamplers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/samplers").WithTags("Samplers").RequireAuthorization();
        group.MapGet("", List).WithName("ListSamplers")
            .WithSummary("The samplers, their options with ranges and defaults, the models they fit, and why not the others.");
        group.MapGet("{name}", Get).WithName("GetSampler").WithSummary("One sampler.").ProducesProblem(404);
    }

    private static Ok<IEnumerable<SamplerResponse>> List(ModelRegistry models, IOptions<InferenceOptions> options)
    {
        var served = models.Describe();
        return TypedResults.Ok(SamplerCatalog.All.Select(s => SamplerResponse.Of(s, served, options.Value.MaxSteps)));
    }

    private static Ok<SamplerResponse> Get(string name, ModelRegistry models, IOptions<InferenceOptions> options)
    {
        var sampler = SamplerCatalog.Find(name) ?? throw new RequestRefusedException(
            ProblemCatalogue.UnknownSampler, $"There is no sampler '{name}'.",
            [new FieldError("name", $"There is no sampler '{name}'; there are: {string.Join(", ", SamplerCatalog.All.Select(s => s.Name))}.")]);
        return TypedResults.Ok(SamplerResponse.Of(sampler, models.Describe(), options.Value.MaxSteps));
    }
}
