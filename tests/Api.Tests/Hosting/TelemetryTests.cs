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
        await using var observed = service.WithWebHostBuilder(b => b
            .UseSetting("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url).UseSetting("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .UseSetting("OTEL_METRIC_EXPORT_INTERVAL", "100").UseSetting("OTEL_BSP_SCHEDULE_DELAY", "100").UseSetting("OTEL_BLRP_SCHEDULE_DELAY", "100"));
        using var http = observed.CreateClient();
        (await http.PostAsync("/generate?steps=2", null)).EnsureSuccessStatusCode();
        // while the service lives: a request is measured and traced only after its client has the answer
        await Task.WhenAll(
            collector.ReceivedAsync("/v1/metrics", "diffusion.batch.rows"),
            collector.ReceivedAsync("/v1/metrics", "http.server.request.duration"),
            collector.ReceivedAsync("/v1/traces", "diffusion.generation.id"),
            collector.ReceivedAsync("/v1/logs", "digits-ddpm"));
    }

    /// <summary>What an OTLP collector hears; names in protobuf are plain UTF-8.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly ConcurrentQueue<(string Path, string Text)> received = new();
        private readonly WebApplication app;
        private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

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
                received.Enqueue((request.Path, Encoding.Latin1.GetString(body.ToArray())));
                Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            });
            app.Start();
        }

        public string Url => app.Urls.Single();

        /// <summary>Ends when something with the text has come to the path.</summary>
        public async Task ReceivedAsync(string path, string text)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (true)
            {
                var more = Volatile.Read(ref next).Task;
                if (received.Any(r => r.Path == path && r.Text.Contains(text, StringComparison.Ordinal))) return;
                try
                {
                    await more.WaitAsync(patience.Token);
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail($"{path} never received '{text}'; it received {received.Count(r => r.Path == path)} other messages.");
                }
            }
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
