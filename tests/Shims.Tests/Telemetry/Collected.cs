using System.Collections.Concurrent;
using OpenTelemetry;

namespace Shims.Tests.Telemetry;

/// <summary>An exporter that keeps, of each item, what a test asks about.</summary>
internal sealed class Collected<T>(Func<T, BaseProvider, string> describe) : BaseExporter<T>
    where T : class
{
    private readonly ConcurrentQueue<string> items = new();

    public IReadOnlyList<string> Items => [.. items];

    public bool WasShutDown { get; private set; }

    public override ExportResult Export(in Batch<T> batch)
    {
        foreach (var item in batch) items.Enqueue(describe(item, ParentProvider!));
        return ExportResult.Success;
    }

    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        WasShutDown = true;
        return true;
    }
}
