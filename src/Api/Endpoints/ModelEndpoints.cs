using System.Globalization;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Diffusion.Api.Endpoints;

/// <summary>What is served: <c>/v1/models</c> and their immutable versions.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/models").WithTags("Models").RequireAuthorization();
        group.MapGet("", List).WithName("ListModels").WithSummary("The models that can be asked for.");
        group.MapGet("{name}", Get).WithName("GetModel").WithSummary("One model.").ProducesProblem(404);
        group.MapGet("{name}/versions", ListVersions).WithName("ListVersions").WithSummary("Every version of a model, ascending.").ProducesProblem(404);
        group.MapGet("{name}/versions/{version}", GetVersion).WithName("GetVersion").WithSummary("One version.").ProducesProblem(404);
        group.MapDelete("{name}/versions/{version}", DeleteVersion).RequireScope(Scopes.Admin).WithName("DeleteVersion")
            .WithSummary("Deletes a version that no alias stands on and nobody uses; its number is never given again.").ProducesProblem(404).ProducesProblem(409);
    }

    /// <summary>The model of that name.</summary>
    /// <exception cref="RequestRefusedException">There is none.</exception>
    public static ModelDescription Known(this ModelRegistry models, string name) => models.Describe(name) ?? throw new RequestRefusedException(
        ProblemCatalogue.UnknownModel, $"There is no model '{name}'.",
        [new FieldError("name", $"There is no model '{name}'; served are: {string.Join(", ", models.Describe().Select(m => m.Name))}.")]);

    private static Ok<IEnumerable<ModelResponse>> List(ModelRegistry models) => TypedResults.Ok(models.Describe().Select(ModelResponse.Of));

    private static Ok<ModelResponse> Get(string name, ModelRegistry models) => TypedResults.Ok(ModelResponse.Of(models.Known(name)));

    private static Ok<IEnumerable<VersionResponse>> ListVersions(string name, ModelRegistry models)
    {
        var model = models.Known(name);
        return TypedResults.Ok(models.Manifests(name).Select(m => VersionResponse.Of(m, model.Aliases)));
    }

    private static Ok<VersionResponse> GetVersion(string name, string version, ModelRegistry models)
    {
        var model = models.Known(name);
        var number = Number(model, version);
        return TypedResults.Ok(VersionResponse.Of(models.Manifests(name).FirstOrDefault(m => m.Version == number) ?? throw NoVersion(model, version), model.Aliases));
    }

    private static NoContent DeleteVersion(string name, string version, ModelRegistry models, ModelAliases aliases, CancellationToken cancellation)
    {
        var model = models.Known(name);
        var number = Number(model, version);
        try
        {
            if (aliases.Delete(name, number, cancellation)) return TypedResults.NoContent();
        }
        catch (AliasConflictException aliased)
        {
            throw new RequestRefusedException(ProblemCatalogue.ConflictingState, aliased.Message);
        }
        throw new RequestRefusedException(ProblemCatalogue.ConflictingState, $"Version {number} of '{name}' is in use: it serves requests without a version, or one that is not over.");
    }

    private static int Number(ModelDescription model, string version) =>
        CheckpointNames.ParseVersion(version) is { } number && model.Versions.Contains(number) ? number : throw NoVersion(model, version);

    private static RequestRefusedException NoVersion(ModelDescription model, string version) => new(
        ProblemCatalogue.UnknownModel, $"Model '{model.Name}' has no version '{version}'.",
        [new FieldError("version", string.Create(CultureInfo.InvariantCulture, $"Model '{model.Name}' has no version '{version}'; versions: {string.Join(", ", model.Versions)}."))]);
}
