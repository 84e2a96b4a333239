using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Checkpoints;
using Diffusion.Inference.Models;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The immutable versions of a model, what was measured of them, and where they come from: <c>/v1/models/{name}/versions</c>.</summary>
internal static class VersionEndpoints
{
    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/models/{name}").WithTags("Models").RequireAuthorization().ProducesProblem(404);
        group.MapGet("versions", List).WithName("ListVersions").WithSummary("Every version of a model, ascending.");
        group.MapGet("versions/{version}", Get).WithName("GetVersion").WithSummary("One version.");
        group.MapDelete("versions/{version}", Delete).RequireScope(Scopes.Admin).WithName("DeleteVersion")
            .WithSummary("Deletes a version that no alias stands on and nobody uses; its number is never given again.").ProducesProblem(409);
        group.MapGet("versions/{version}/lineage", GetLineage).WithName("GetLineage").WithSummary("What a version came from, and what came from it, over all models.");
        group.MapPost("versions/{version}/results", AttachAsync).RequireScope(Scopes.Train).WithName("AttachResult")
            .WithSummary("Attaches what was measured; the version itself does not change, and the same result twice is one.")
            .Accepts<ResultRequest>("application/json").ProducesProblem(400).ProducesProblem(409);
        group.MapPut("versions/{version}/pin", Pin).RequireScope(Scopes.Admin).WithName("PinVersion").WithSummary("Keeps a version from retention.");
        group.MapDelete("versions/{version}/pin", Unpin).RequireScope(Scopes.Admin).WithName("UnpinVersion").WithSummary("Leaves a version to retention.");
        group.MapGet("retention", Retain).WithName("GetRetention").WithSummary("Which versions retention keeps, and why; it deletes the others. Deletes nothing.");
    }

    private static Ok<IEnumerable<VersionResponse>> List(string name, ModelRegistry models, CheckpointStore store)
    {
        var model = models.Known(name);
        var pinned = PinnedOf(model, store);
        return TypedResults.Ok(models.Manifests(name).Select(m => VersionResponse.Of(m, model.Aliases, store.Results(name, m.Version), pinned)));
    }

    private static Ok<VersionResponse> Get(string name, string version, ModelRegistry models, CheckpointStore store)
    {
        var model = models.Known(name);
        var number = model.KnownVersion(version);
        return TypedResults.Ok(VersionResponse.Of(models.Manifests(name).Single(m => m.Version == number), model.Aliases, store.Results(name, number), PinnedOf(model, store)));
    }

    private static NoContent Delete(string name, string version, ModelRegistry models, ModelAliases aliases, CancellationToken cancellation)
    {
        var number = models.Known(name).KnownVersion(version);
        try
        {
            return aliases.Delete(name, number, cancellation) is { } reason ? throw Conflict($"Version {number} of '{name}' is in use: {reason}.") : TypedResults.NoContent();
        }
        catch (AliasConflictException aliased)
        {
            throw Conflict(aliased.Message);
        }
    }

    private static Ok<LineageResponse> GetLineage(string name, string version, ModelRegistry models, CheckpointStore store)
    {
        var number = models.Known(name).KnownVersion(version);
        var lineage = Lineage.Read(store);
        return TypedResults.Ok(new LineageResponse(
            name, number, [.. lineage.Ancestors(name, number).Skip(1).Select(Relative)], [.. lineage.Descendants(name, number).Skip(1).Select(Relative)]));

        RelativeResponse Relative(LineageNode node) => RelativeResponse.Of(node, store.Results(node.Model, node.Version));
    }

    private static async Task<Ok<VersionResult>> AttachAsync(string name, string version, HttpRequest request, ModelRegistry models, CheckpointStore store, IOptions<ApiOptions> options)
    {
        var number = models.Known(name).KnownVersion(version);
        var result = ResultFields.Read(await JsonBody.ReadAsync(request, options.Value.MaxBodyBytes, request.HttpContext.RequestAborted));
        try
        {
            return TypedResults.Ok(store.Attach(name, number, result, request.HttpContext.RequestAborted));
        }
        catch (CheckpointException refused)
        {
            throw Conflict(refused.Message);
        }
    }

    private static NoContent Pin(string name, string version, ModelRegistry models, CheckpointStore store, CancellationToken cancellation)
    {
        store.Pin(name, models.Known(name).KnownVersion(version), true, cancellation);
        return TypedResults.NoContent();
    }

    private static NoContent Unpin(string name, string version, ModelRegistry models, CheckpointStore store, CancellationToken cancellation)
    {
        store.Pin(name, models.Known(name).KnownVersion(version), false, cancellation);
        return TypedResults.NoContent();
    }

    private static Ok<RetentionResponse> Retain(string name, ModelRegistry models, ModelRetention retention, IOptions<RetentionOptions> options)
    {
        models.Known(name);
        return TypedResults.Ok(RetentionResponse.Of(name, options.Value.Of(name), retention.Judge(name)));
    }

    // a damaged alias file is told with the model; its versions can be read all the same
    private static IReadOnlyList<int> PinnedOf(ModelDescription model, CheckpointStore store) => model.Problem is null ? store.Pinned(model.Name) : [];

    private static RequestRefusedException Conflict(string message) => new(ProblemCatalogue.ConflictingState, message);
}
