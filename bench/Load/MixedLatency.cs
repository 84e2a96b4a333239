using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Diffusion.Bench.Load;

/// <summary>
/// Latency of 2-step DDDM calls while 100-step DDIM runs hold 70 % of the service: with step-level fair batching, with
/// request-level batching, and without batching, over the same arrivals.
/// </summary>
internal static class MixedLatency
{
    private const string Short = "/generate?steps=2&sampler=dddm", Long = "/generate?steps=100&sampler=ddim&priority=batch", LongModel = "digits-ddpm";
    private const double LoadShare = 0.7, ShortPerSecond = 4;
    private static readonly string[] Policies = ["fair", "request-level", "serial"];

    public static async Task RunAsync(Settings settings, CancellationToken stop)
    {
        var length = TimeSpan.FromSeconds(settings.Seconds);
        var longPerSecond = await CapacityAsync(settings, length, stop) * LoadShare;
        var p95 = Policies.ToDictionary(p => p, _ => new List<double>(), StringComparer.Ordinal);
        var tick = Policies.ToDictionary(p => p, _ => new List<double>(), StringComparer.Ordinal);
        var long95 = Policies.ToDictionary(p => p, _ => new List<double>(), StringComparer.Ordinal);
        var median = Policies.ToDictionary(p => p, _ => new List<double>(), StringComparer.Ordinal);
        for (var pair = 0; pair < settings.Pairs; pair++)
            foreach (var policy in Policies)
            {
                var (latencies, usual, late) = await MeasureAsync(settings, policy, longPerSecond, length, pair, stop);
                p95[policy].Add(Figures.Quantile(latencies, 0.95));
                median[policy].Add(Figures.Median(latencies));
                tick[policy].Add(usual);
                long95[policy].Add(late);
            }
        Console.WriteLine("| policy | 2-step DDDM, median ms | p95 ms | t(b), median ms | t(b), p95 ms | p95 over fair |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var policy in Policies)
        {
            var over = Figures.Median(p95[policy].Zip(p95["fair"], (slow, fast) => slow / fast));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {policy} | {Figures.Spread(median[policy])} | {Figures.Spread(p95[policy])} | {Figures.Spread(tick[policy])} | {Figures.Spread(long95[policy])} | {over:F1} |"));
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

    private static async Task<(IReadOnlyList<double> Latencies, double Tick, double LongTick)> MeasureAsync(
        Settings settings, string policy, double longPerSecond, TimeSpan length, int pair, CancellationToken stop)
    {
        await using var service = await ServiceProcess.StartAsync(settings, Environment(policy), stop);
        foreach (var path in new[] { Short, Long }) (await service.Http.PostAsync($"{path}&seed=1", null, stop)).EnsureSuccessStatusCode();
        using var watched = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var background = new OpenLoop(service.Http, Long, longPerSecond, seed: 1000 + pair).RunAsync(length, stop);
        var watching = TicksAsync(service.Http, watched.Token);
        var outcomes = await new OpenLoop(service.Http, Short, ShortPerSecond, seed: pair).RunAsync(length, stop);
        await watched.CancelAsync();
        await background;
        if (outcomes.FirstOrDefault(o => (int)o.Status != 200) is { Status: not 0 } bad) throw new InvalidOperationException($"{policy}: a call was answered with {bad.Status}.");
        var ticks = await watching;
        return ([.. outcomes.Select(o => o.LatencyMilliseconds)], Figures.Median(ticks.Select(t => t.Milliseconds)), Figures.Quantile(ticks.Select(t => t.Milliseconds), 0.95));
    }

    // ten times a second, t(b) as fitted by the service: of the lane with the longest tick at as many rows as it has runs,
    // and of a single 2-step row while nothing runs
    private static async Task<IReadOnlyList<Tick>> TicksAsync(HttpClient http, CancellationToken stop)
    {
        var (ticks, clock, single) = (new List<Tick>(), Stopwatch.StartNew(), 0.0);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                var now = clock.Elapsed.TotalMilliseconds;
                using var queue = JsonDocument.Parse(await http.GetStringAsync("/v1/queue", stop));
                var longest = single;
                foreach (var lane in queue.RootElement.GetProperty("lanes").EnumerateArray())
                {
                    double Of(int rows) => lane.GetProperty("cost").GetProperty("alphaMs").GetDouble() + lane.GetProperty("cost").GetProperty("betaMs").GetDouble() * rows;
                    if (lane.GetProperty("model").GetString() != LongModel) single = Of(1);
                    longest = Math.Max(longest, Of(lane.GetProperty("generations").GetInt32()));
                }
                ticks.Add(new Tick(now, longest));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the measurement is over
        }
        return ticks;
    }

    private readonly record struct Tick(double AtMilliseconds, double Milliseconds);

    private static Dictionary<string, string> Environment(string policy) => new(StringComparer.Ordinal) { ["Inference__Policy"] = policy };
}
