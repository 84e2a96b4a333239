using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Shims.Tests.Telemetry;

/// <summary>A real host; the batching processors never export by themselves within a test, so what arrives was flushed.</summary>
public sealed class HostedTelemetryTests : IDisposable
{
    private const int Never = int.MaxValue;

    private readonly ActivitySource source = new("Shims.Tests." + Guid.NewGuid());
    private readonly Meter meter;
    private readonly Collected<Activity> spans = new((span, _) => span.DisplayName);
    private readonly Collected<Metric> metrics = new((metric, provider) => $"{metric.Name} {Sum(metric)} {ServiceName(provider)}");
    private readonly Collected<LogRecord> logs = new((record, _) => record.FormattedMessage ?? "");

    public HostedTelemetryTests() => meter = new Meter(source.Name);

    public void Dispose()
    {
        source.Dispose();
        meter.Dispose();
    }

    [Fact]
    public async Task StopAsync_SpansMetricsAndLogsStillBuffered_AreExported()
    {
        using var host = Build(builder => Configure(builder));
        await host.StartAsync();

        source.StartActivity("tick")!.Dispose();
        meter.CreateCounter<long>("rows").Add(64);
        host.Services.GetRequiredService<ILogger<HostedTelemetryTests>>().LogInformation("Loaded {Model}", "digits");
        Assert.DoesNotContain("tick", spans.Items);
        await host.StopAsync();

        Assert.Contains("tick", spans.Items);
        Assert.Contains("rows 64 diffusion-test", metrics.Items);
        Assert.Contains("Loaded digits", logs.Items);
    }

    [Fact]
    public async Task Dispose_OfTheHost_ShutsTheExportersDown()
    {
        using (var host = Build(builder => Configure(builder)))
        {
            await host.StartAsync();
            await host.StopAsync();
            Assert.False(spans.WasShutDown);
        }

        Assert.True(spans.WasShutDown);
        Assert.True(metrics.WasShutDown);
        Assert.True(logs.WasShutDown);
    }

    [Fact]
    public async Task StartAsync_ServiceRegisteredEarlier_IsObservedWhileItStartsAndStops()
    {
        using var host = Build(builder =>
        {
            builder.Services.AddSingleton<IHostedService>(new Noisy(source));
            Configure(builder);
        });
        await host.StartAsync();
        await host.StopAsync();

        Assert.Equal(["starting", "stopping"], spans.Items);
    }

    [Fact]
    public async Task AddOpenTelemetry_Twice_StartsOnceAndAddsUp()
    {
        int hosted = 0;
        using var host = Build(builder =>
        {
            int before = builder.Services.Count(service => service.ServiceType == typeof(IHostedService));
            Configure(builder);
            builder.Services.AddOpenTelemetry().WithTracing().WithMetrics(more => more.AddMeter("another"));
            hosted = builder.Services.Count(service => service.ServiceType == typeof(IHostedService)) - before;
        });
        await host.StartAsync();
        source.StartActivity("tick")!.Dispose();
        await host.StopAsync();

        Assert.Equal(1, hosted);
        Assert.Single(spans.Items, "tick");
        Assert.Single(host.Services.GetServices<TracerProvider>());
        Assert.Single(host.Services.GetServices<MeterProvider>());
    }

    [Fact]
    public async Task AddOpenTelemetry_NothingTurnedOn_StartsAndStops()
    {
        using var host = Build(builder => builder.Services.AddOpenTelemetry());

        await host.StartAsync();
        await host.StopAsync();

        Assert.Null(host.Services.GetService<TracerProvider>());
        Assert.Null(source.StartActivity("unheard"));
    }

    private static IHost Build(Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging();
        configure(builder);
        return builder.Build();
    }

    private static long Sum(Metric metric)
    {
        long sum = 0;
        foreach (ref readonly var point in metric.GetMetricPoints()) sum += point.GetSumLong();
        return sum;
    }

    private static object? ServiceName(BaseProvider provider)
        => provider.GetResource().Attributes.Single(attribute => attribute.Key == "service.name").Value;

    private OpenTelemetryBuilder Configure(HostApplicationBuilder builder) => builder.Services.AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService("diffusion-test"))
        .WithTracing(traces => traces.AddSource(source.Name).AddProcessor(new BatchActivityExportProcessor(spans, scheduledDelayMilliseconds: Never)))
        .WithMetrics(views => views.AddMeter(meter.Name).AddReader(new PeriodicExportingMetricReader(metrics, exportIntervalMilliseconds: Never)))
        .WithLogging(
            records => records.AddProcessor(new BatchLogRecordExportProcessor(logs, scheduledDelayMilliseconds: Never)),
            options => options.IncludeFormattedMessage = true);

    private sealed class Noisy(ActivitySource source) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Span("starting");

        public Task StopAsync(CancellationToken cancellationToken) => Span("stopping");

        private Task Span(string name)
        {
            source.StartActivity(name)?.Dispose();
            return Task.CompletedTask;
        }
    }
}
