using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>If-Match and If-None-Match of a call that changes an alias (RFC 9110, 13.1).</summary>
internal static class AliasConditions
{
    /// <summary>Throws where the alias is not what the caller thinks.</summary>
    /// <exception cref="RequestRefusedException">A header is not a list of entity tags.</exception>
    public static Action<AliasState?> Of(HttpRequest request)
    {
        var (match, none) = (Read(request, HeaderNames.IfMatch), Read(request, HeaderNames.IfNoneMatch));
        return state =>
        {
            if (match is not null && !Covers(match, state)) throw Refusal(state);
            if (none is not null && Covers(none, state)) throw Refusal(state);
        };
    }

    /// <summary>Whether a GET may be answered with 304.</summary>
    public static bool IsKnown(HttpRequest request, AliasState state) => Read(request, HeaderNames.IfNoneMatch) is { } tags && Covers(tags, state);

    private static bool Covers(IList<EntityTagHeaderValue> tags, AliasState? state) =>
        state is not null && tags.Any(t => t == EntityTagHeaderValue.Any || (!t.IsWeak && t.Tag == AliasResponse.TagOf(state)));

    private static IList<EntityTagHeaderValue>? Read(HttpRequest request, string header)
    {
        var given = request.Headers[header];
        if (given.Count == 0) return null;
        return EntityTagHeaderValue.TryParseStrictList(given!, out var tags) ? tags : throw RequestRefusedException.Invalid(
            [new FieldError(header, $"{header} must be * or entity tags such as \"3-8dc1f\", got '{given}'.")]);
    }

    private static RequestRefusedException Refusal(AliasState? state) => new(
        ProblemCatalogue.VersionMismatch,
        state is null ? "The alias is not set." : $"The alias stands on version {state.Version}, with the entity tag {AliasResponse.TagOf(state)}.")
    {
        Members = state is null ? new Dictionary<string, object>() : new Dictionary<string, object> { ["version"] = state.Version, ["etag"] = AliasResponse.TagOf(state) },
    };
}
