using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Diffusion.Api.Endpoints;

/// <summary>For probes: live = the process answers, ready = the engine runs and the default models are loaded.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        routes.MapHealthChecks("/healthz/ready", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(
        new HealthResponse(Word(report.Status), report.Entries.ToDictionary(e => e.Key, e => new HealthEntry(Word(e.Value.Status), e.Value.Description))),
        http.RequestAborted);

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();

    private sealed record HealthResponse(string Status, IReadOnlyDictionary<string, HealthEntry> Checks);

    private sealed record HealthEntry(string Status, string? Description);
}
