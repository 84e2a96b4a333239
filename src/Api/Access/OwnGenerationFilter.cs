using Diffusion.Api.Endpoints;
using Diffusion.Inference.Store;

namespace Diffusion.Api.Access;

/// <summary>A key without the scope admin finds the generations that it asked for; any other answers as if it were not there.</summary>
internal sealed class OwnGenerationFilter(GenerationArchive archive) : IEndpointFilter
{
    private const string Route = "id";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (Callers.OnlyOf(http.User) is { } client && http.GetRouteValue(Route) is string id && archive.Find(id)?.Request.Client != client)
            throw GenerationEndpoints.Unknown(id);
        return next(context);
    }
}
