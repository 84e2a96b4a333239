using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace OpenTelemetry;

/// <summary>Creates the providers, which listen from then on, and exports what they hold when the host stops. The container disposes them.</summary>
internal sealed class TelemetryHostedService(IServiceProvider services) : IHostedService
{
    private const int FlushMilliseconds = 5000;

    private MeterProvider? metrics;
    private TracerProvider? traces;
    private LoggerProvider? logs;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics = services.GetService<MeterProvider>();
        traces = services.GetService<TracerProvider>();
        logs = services.GetService<LoggerProvider>();
        return Task.CompletedTask;
    }

    /// <summary>Exporting may wait for a collector that is away: it is bounded, and runs beside the host's own thread.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => traces?.ForceFlush(FlushMilliseconds), cancellationToken),
        Task.Run(() => metrics?.ForceFlush(FlushMilliseconds), cancellationToken),
        Task.Run(() => logs?.ForceFlush(FlushMilliseconds), cancellationToken)).WaitAsync(cancellationToken);
}
