using Diffusion.Inference.Models;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Diffusion.Inference.Engine;

/// <summary>Ready when the engine thread runs and every default model is loaded; degraded while a newer version is refused.</summary>
internal sealed class EngineHealth(EngineThread thread, InferenceEngine engine, ModelRegistry registry) : IHealthCheck
{
    private const int TooManyFailures = 8;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        var refused = registry.Refused();
        var data = refused.ToDictionary(r => r.Key, r => (object)r.Value, StringComparer.Ordinal);
        if (!thread.IsRunning) return HealthCheckResult.Unhealthy("The engine thread does not run.", thread.Death, data);
        if (engine.FailuresInARow >= TooManyFailures)
            return HealthCheckResult.Unhealthy($"The last {engine.FailuresInARow} evaluations failed.", data: data);
        var missing = registry.Missing();
        if (missing.Count > 0) return HealthCheckResult.Unhealthy($"Not loaded: {string.Join(", ", missing)}.", data: data);
        return refused.Count > 0
            ? HealthCheckResult.Degraded($"Refused: {string.Join(", ", refused.Keys)}; the versions before them serve.", data: data)
            : HealthCheckResult.Healthy("The engine runs.");
    }
}
