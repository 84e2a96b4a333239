using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Diffusion.Inference.Store;

/// <summary>Degraded while nothing durable is accepted; plain requests are served all the same.</summary>
internal sealed class StoreHealth(GenerationArchive archive) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(archive.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble) : HealthCheckResult.Healthy());
}
