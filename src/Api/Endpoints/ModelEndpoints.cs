using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Diffusion.Api.Endpoints;

/// <summary>What is served: <c>/v1/models</c>.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/models").WithTags("Models").RequireAuthorization();
        group.MapGet("", List).WithName("ListModels").WithSummary("The models that can be asked for.");
        group.MapGet("{name}", Get).WithName("GetModel").WithSummary("One model.")
            .Produces<ProblemDetails>(StatusCodes.Status404NotFound, "application/problem+json");
    }

    private static Ok<IEnumerable<ModelResponse>> List(ModelRegistry models) => TypedResults.Ok(models.Describe().Select(ModelResponse.Of));

    private static Ok<ModelResponse> Get(string name, ModelRegistry models)
    {
        var model = models.Describe(name) ?? throw new RequestRefusedException(
            ProblemCatalogue.UnknownModel, $"There is no model '{name}'.",
            [new FieldError("name", $"There is no model '{name}'; served are: {string.Join(", ", models.Describe().Select(m => m.Name))}.")]);
        return TypedResults.Ok(ModelResponse.Of(model));
    }
}
