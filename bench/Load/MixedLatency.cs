using System.Diagnostics;
using System.Globalization;

namespace Diffusion.Bench.Load;

/// <summary>
/// Latency of 2-step DDDM calls while 100-step DDIM runs hold 70 % of the service: with step-level fair batching, with
/// request-level batching, and without batching, over the same arrivals.
/// </summary>
internal static class MixedLatency
{
    private const string Short = "/generate?steps=2&sampler=dddm", Long = "/generate?steps=100&sampler=ddim&priority=batch";
    private const double LoadShare = 0.7, ShortPerSecond = 4;
    private static readonly string[] Policies = ["fair", "request-level", "serial"];

    public static async Task RunAsync(Settings settings, CancellationToken stop)
    {
        var length = TimeSpan.FromSeconds(settings.Seconds);
        var longPerSecond = await CapacityAsync(settings, length, stop) * LoadShare;
        var p95 = Policies.ToDictionary(p => p, _ => new List<double>(), StringComparer.Ordinal);
        var median = Policies.ToDictionary(p => p, _ => new List<double>(), StringComparer.Ordinal);
        for (var pair = 0; pair < settings.Pairs; pair++)
            foreach (var policy in Policies)
            {
                var latencies = await MeasureAsync(settings, policy, longPerSecond, length, pair, stop);
                p95[policy].Add(Figures.Quantile(latencies, 0.95));
                median[policy].Add(Figures.Median(latencies));
            }
        Console.WriteLine("| policy | 2-step DDDM, median ms | p95 ms | p95 over fair |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var policy in Policies)
        {
            var over = Figures.Median(p95[policy].Zip(p95["fair"], (slow, fast) => slow / fast));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {policy} | {Figures.Spread(median[policy])} | {Figures.Spread(p95[policy])} | {over:F1} |"));
        }
    }

    // how many long runs a second the service completes when it has nothing else to do
    private static async Task<double> CapacityAsync(Settings settings, TimeSpan length, CancellationToken stop)
    {
        await using var service = await ServiceProcess.StartAsync(settings, Environment("fair"), stop);
        var perSecond = await ClosedLoop.RunAsync(service.Http, Long, clients: 8, length, stop);
        var alone = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            var started = Stopwatch.GetTimestamp();
            (await service.Http.PostAsync($"{Short}&seed={i}", null, stop)).EnsureSuccessStatusCode();
            alone.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"capacity {perSecond:F2} runs of 100 steps a second; load {LoadShare:P0} of it, and {ShortPerSecond} 2-step calls a second; a 2-step call alone takes {Figures.Median(alone):F1} ms"));
        return perSecond;
    }

    private static async Task<IReadOnlyList<double>> MeasureAsync(
        Settings settings, string policy, double longPerSecond, TimeSpan length, int pair, CancellationToken stop)
    {
        await using var service = await ServiceProcess.StartAsync(settings, Environment(policy), stop);
        foreach (var path in new[] { Short, Long }) (await service.Http.PostAsync($"{path}&seed=1", null, stop)).EnsureSuccessStatusCode();
        var background = new OpenLoop(service.Http, Long, longPerSecond, seed: 1000 + pair).RunAsync(length, stop);
        var outcomes = await new OpenLoop(service.Http, Short, ShortPerSecond, seed: pair).RunAsync(length, stop);
        var tick = await service.Http.GetStringAsync("/v1/queue", stop);
        await background;
        if (outcomes.FirstOrDefault(o => (int)o.Status != 200) is { Status: not 0 } bad) throw new InvalidOperationException($"{policy}: a call was answered with {bad.Status}.");
        if (pair == 0) Console.WriteLine($"{policy}: /v1/queue at the end: {tick}");
        return [.. outcomes.Select(o => o.LatencyMilliseconds)];
    }

    private static Dictionary<string, string> Environment(string policy) => new(StringComparer.Ordinal) { ["Inference__Policy"] = policy };
}
