namespace Diffusion.Api.Access;

/// <summary>
/// Marks an endpoint that takes the key as <c>?access_token=</c> too: browsers open WebSockets and event streams
/// without headers of ours. Nowhere else, because addresses end up in logs and histories.
/// </summary>
internal sealed class KeyInQuery;

/// <summary>How endpoints say who may call them.</summary>
internal static class KeyEndpoints
{
    /// <summary>Only keys with the scope.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder endpoint, string scope)
        where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(scope);

    /// <summary>See <see cref="KeyInQuery"/>.</summary>
    public static TBuilder AllowKeyInQuery<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new KeyInQuery());
}
