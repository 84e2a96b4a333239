using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>Names for versions that can be moved: <c>/v1/models/{model}/aliases</c>.</summary>
internal static class AliasEndpoints
{
    private const string Field = "alias";

    public static void MapAliases(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/models/{name}/aliases").WithTags("Models").RequireAuthorization().ProducesProblem(404);
        group.MapGet("", List).WithName("ListAliases").WithSummary("Every alias of a model.");
        group.MapGet("{alias}", Get).WithName("GetAlias").WithSummary("Where an alias stands and stood; its ETag goes into If-Match.").Produces(304);
        group.MapPut("{alias}", PutAsync).RequireScope(Scopes.Admin).WithName("MoveAlias")
            .WithSummary("Moves an alias to a version, once that is loaded and sound; makes the alias if it is not set.")
            .WithDescription("If-Match with an ETag moves it only from where the caller saw it; If-None-Match: * only makes it. Requests that were accepted before keep their version.")
            .Accepts<AliasRequest>("application/json").ProducesProblem(400).ProducesProblem(412).ProducesProblem(503);
        group.MapPost("{alias}/rollback", RollBackAsync).RequireScope(Scopes.Admin).WithName("RollBackAlias")
            .WithSummary("Moves an alias to where it stood before; again, further back.").ProducesProblem(409).ProducesProblem(412).ProducesProblem(503);
        group.MapDelete("{alias}", Delete).RequireScope(Scopes.Admin).WithName("DeleteAlias").WithSummary("Removes an alias, except default.")
            .ProducesProblem(409).ProducesProblem(412);
    }

    private static Ok<IEnumerable<AliasResponse>> List([FromRoute(Name = "name")] string model, ModelRegistry models, ModelAliases aliases)
    {
        var known = models.Known(model);
        return TypedResults.Ok(known.Aliases.Keys.Order(StringComparer.Ordinal).Select(alias => (alias, state: aliases.Find(model, alias)))
            .Where(a => a.state is not null).Select(a => AliasResponse.Of(model, a.alias, a.state!)));
    }

    private static Results<Ok<AliasResponse>, StatusCodeHttpResult> Get([FromRoute(Name = "name")] string model, string alias, HttpContext http, ModelRegistry models, ModelAliases aliases)
    {
        models.Known(model);
        var state = aliases.Find(model, alias) ?? throw NotSet(model, alias);
        http.Response.Headers.ETag = AliasResponse.TagOf(state);
        return AliasConditions.IsKnown(http.Request, state)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(AliasResponse.Of(model, alias, state));
    }

    private static async Task<Results<Ok<AliasResponse>, Created<AliasResponse>>> PutAsync(
        [FromRoute(Name = "name")] string model, string alias, HttpContext http, ModelRegistry models, ModelAliases aliases, IOptions<ApiOptions> options)
    {
        var known = models.Known(model);
        RequireName(alias);
        var version = AliasFields.Version(await JsonBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted), known.Versions);
        var conditions = AliasConditions.Of(http.Request);
        var isNew = false;
        var state = await aliases.MoveAsync(model, alias, version, Require, http.RequestAborted);
        http.Response.Headers.ETag = AliasResponse.TagOf(state);
        var answer = AliasResponse.Of(model, alias, state);
        return isNew ? TypedResults.Created($"/v1/models/{model}/aliases/{alias}", answer) : TypedResults.Ok(answer);

        void Require(AliasState? now)
        {
            conditions(now);
            isNew = now is null;
        }
    }

    private static async Task<Ok<AliasResponse>> RollBackAsync([FromRoute(Name = "name")] string model, string alias, HttpContext http, ModelRegistry models, ModelAliases aliases)
    {
        models.Known(model);
        var conditions = AliasConditions.Of(http.Request);
        if (aliases.Find(model, alias) is null) throw NotSet(model, alias);
        var state = await aliases.RollBackAsync(model, alias, conditions, http.RequestAborted)
            ?? throw new RequestRefusedException(ProblemCatalogue.ConflictingState, $"Alias '{alias}' of '{model}' never stood on another version.");
        http.Response.Headers.ETag = AliasResponse.TagOf(state);
        return TypedResults.Ok(AliasResponse.Of(model, alias, state));
    }

    private static NoContent Delete([FromRoute(Name = "name")] string model, string alias, HttpContext http, ModelRegistry models, ModelAliases aliases)
    {
        models.Known(model);
        if (aliases.Find(model, alias) is null) throw NotSet(model, alias);
        if (alias == CheckpointStore.DefaultAlias)
            throw new RequestRefusedException(ProblemCatalogue.ConflictingState, $"The alias '{alias}' is what requests without a version get; move it instead.");
        aliases.Remove(model, alias, AliasConditions.Of(http.Request), http.RequestAborted);
        return TypedResults.NoContent();
    }

    private static void RequireName(string alias)
    {
        if (!CheckpointNames.IsName(alias))
            throw RequestRefusedException.Invalid([new FieldError(Field, $"alias must be 1 to 64 of a-z, 0-9 and '-', not starting with '-', got '{alias}'.")]);
        if (CheckpointNames.ParseVersion(alias) is not null)
            throw RequestRefusedException.Invalid([new FieldError(Field, $"alias must not read as a version number, got '{alias}'.")]);
    }

    private static RequestRefusedException NotSet(string model, string alias) =>
        new(ProblemCatalogue.UnknownModel, $"Model '{model}' has no alias '{alias}'.", [new FieldError(Field, $"Model '{model}' has no alias '{alias}'.")]);
}
