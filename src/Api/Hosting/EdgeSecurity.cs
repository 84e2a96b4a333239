using Diffusion.Api.Errors;

namespace Diffusion.Api.Hosting;

/// <summary>Headers that keep browsers careful, and the refusal of what other sites make them send.</summary>
internal static class EdgeSecurity
{
    // Swagger UI styles its elements inline and has its logo as data
    private const string Policy =
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void UseEdgeSecurity(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        // at the last moment: the exception handler clears what was set before
        http.Response.OnStarting(SetHeaders, http.Response.Headers);
        return IsFromAnotherSite(http.Request)
            ? FailureHandler.WriteAsync(http, new Failure(ProblemCatalogue.CrossSite, "A page of another origin may not use this service.", []))
            : next(http);
    });

    private static Task SetHeaders(object state)
    {
        var headers = (IHeaderDictionary)state;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return Task.CompletedTask;
    }

    // browsers say where a request comes from, other clients do not; a WebSocket is a GET that same-origin rules do not cover
    private static bool IsFromAnotherSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/hubs")
            && !request.Headers.Upgrade.Contains("websocket", StringComparer.OrdinalIgnoreCase)) return false;
        if (request.Headers["Sec-Fetch-Site"] is [{ } site]) return site is "cross-site" or "same-site";
        return request.Headers.Origin is [{ } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
