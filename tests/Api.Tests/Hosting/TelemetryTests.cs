using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace Diffusion.Api.Tests.Hosting;

[Collection(SharedService.Name)]
public sealed class TelemetryTests(Service service)
{
    [Fact]
    public void Telemetry_WithoutACollector_IsOff() => Assert.Null(service.Services.GetService<MeterProvider>());

    [Fact]
    public async Task Telemetry_WithACollector_SendsTracesMetricsAndLogs()
    {
        await using var collector = new Collector();
        await using (var observed = service.WithWebHostBuilder(b => b
            .UseSetting("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url).UseSetting("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            using var http = observed.CreateClient();
            (await http.PostAsync("/generate?steps=2", null)).EnsureSuccessStatusCode();
        }
        Assert.Contains("diffusion.batch.rows", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("diffusion.generation.id", collector.Received("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("digits-ddpm", collector.Received("/v1/logs"), StringComparison.Ordinal);
    }

    /// <summary>What an OTLP collector hears; names in protobuf are plain UTF-8.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, string> received = new(StringComparer.Ordinal);
        private readonly WebApplication app;

        public Collector()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            app = builder.Build();
            app.MapPost("/{**path}", async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                var text = Encoding.Latin1.GetString(body.ToArray());
                received.AddOrUpdate(request.Path, text, (_, before) => before + text);
            });
            app.Start();
        }

        public string Url => app.Urls.Single();

        public string Received(string path) => received.GetValueOrDefault(path, "");

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
