using System.Globalization;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Diffusion.Api.Endpoints;

/// <summary>What is served: <c>/v1/models</c>.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/models").WithTags("Models").RequireAuthorization();
        group.MapGet("", List).WithName("ListModels").WithSummary("The models that can be asked for.");
        group.MapGet("{name}", Get).WithName("GetModel").WithSummary("One model.").ProducesProblem(404);
    }

    /// <summary>The model of that name.</summary>
    /// <exception cref="RequestRefusedException">There is none.</exception>
    public static ModelDescription Known(this ModelRegistry models, string name) => models.Describe(name) ?? throw new RequestRefusedException(
        ProblemCatalogue.UnknownModel, $"There is no model '{name}'.",
        [new FieldError("name", $"There is no model '{name}'; served are: {string.Join(", ", models.Describe().Select(m => m.Name))}.")]);

    private static Ok<IEnumerable<ModelResponse>> List(ModelRegistry models) => TypedResults.Ok(models.Describe().Select(ModelResponse.Of));

    private static Ok<ModelResponse> Get(string name, ModelRegistry models) => TypedResults.Ok(ModelResponse.Of(models.Known(name)));

    /// <summary>The number of a version of the model.</summary>
    /// <exception cref="RequestRefusedException">There is none.</exception>
    public static int KnownVersion(this ModelDescription model, string version) =>
        CheckpointNames.ParseVersion(version) is { } number && model.Versions.Contains(number) ? number : throw new RequestRefusedException(
            ProblemCatalogue.UnknownModel, $"Model '{model.Name}' has no version '{version}'.",
            [new FieldError("version", string.Create(CultureInfo.InvariantCulture, $"Model '{model.Name}' has no version '{version}'; versions: {string.Join(", ", model.Versions)}."))]);
}
