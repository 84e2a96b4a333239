using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Diffusion.Api.Hosting;

/// <summary>Traces, metrics and logs by OTLP, when the settings name a collector (OTEL_EXPORTER_OTLP_ENDPOINT).</summary>
internal static class Telemetry
{
    private static readonly string[] Own = ["Diffusion.Inference", "Diffusion.Training"];

    private static readonly string[] Meters =
        [.. Own, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections", "System.Runtime"];

    public static void AddTelemetry(this IServiceCollection services, IConfiguration settings)
    {
        if (string.IsNullOrEmpty(settings["OTEL_EXPORTER_OTLP_ENDPOINT"])) return;
        services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("diffusion", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)))
            .WithTracing(t => t.AddSource([.. Own, "Microsoft.AspNetCore"]).AddOtlpExporter())
            .WithMetrics(m => m.AddMeter(Meters).AddOtlpExporter())
            .WithLogging(l => l.AddOtlpExporter());
    }
}
