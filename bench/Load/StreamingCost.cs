using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Diffusion.Bench.Load;

/// <summary>Throughput while every frame goes to 0, 1, 10 and 100 subscribers over server-sent events.</summary>
internal static class StreamingCost
{
    private const int Clients = 8, Steps = 50;
    private static readonly int[] Subscribers = [0, 1, 10, 100];

    public static async Task RunAsync(Settings settings, CancellationToken stop)
    {
        await using var service = await ServiceProcess.StartAsync(settings, new Dictionary<string, string>(), stop);
        await MeasureAsync(service.Http, 1, 2, stop);
        var rates = Subscribers.ToDictionary(n => n, _ => new List<double>());
        var frames = Subscribers.ToDictionary(n => n, _ => new List<double>());
        for (var pair = 0; pair < settings.Pairs; pair++)
            foreach (var subscribers in Subscribers)
            {
                var (rows, seen) = await MeasureAsync(service.Http, subscribers, Math.Max(1, settings.Seconds / 5), stop);
                rates[subscribers].Add(rows);
                frames[subscribers].Add(seen);
            }
        Console.WriteLine($"{Clients} generations of {Steps} DDIM steps at a time");
        Console.WriteLine("| subscribers | rows/s | frames/s received | throughput lost |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var subscribers in Subscribers)
        {
            var lost = 1 - Figures.Median(rates[subscribers].Zip(rates[0], (with, without) => with / without));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {subscribers} | {Figures.Spread(rates[subscribers])} | {Figures.Median(frames[subscribers]):F0} | {lost:P1} |"));
        }
    }

    private static async Task<(double Rows, double Frames)> MeasureAsync(HttpClient http, int subscribers, int rounds, CancellationToken stop)
    {
        var frames = 0;
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < rounds; round++)
        {
            var ids = await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => SubmitAsync(http, round * Clients + i, stop)));
            var watching = Enumerable.Range(0, subscribers).Select(async i => Interlocked.Add(ref frames, await WatchAsync(http, ids[i % Clients], "frames=all", stop)));
            // the ends of all runs, without a frame
            var ending = ids.Select(id => WatchAsync(http, id, "frames=none", stop));
            await Task.WhenAll([.. watching.Select(w => (Task)w), .. ending]);
        }
        return (rounds * Clients * Steps / clock.Elapsed.TotalSeconds, frames / clock.Elapsed.TotalSeconds);
    }

    private static async Task<string> SubmitAsync(HttpClient http, int seed, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/generations")
        {
            Content = JsonContent.Create(new { sampler = "ddim", steps = Steps, seed, label = seed % 10 }),
            Headers = { { "Prefer", "respond-async" } },
        };
        using var answer = await http.SendAsync(request, stop);
        answer.EnsureSuccessStatusCode();
        using var body = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(stop), cancellationToken: stop);
        return body.RootElement.GetProperty("id").GetString()!;
    }

    private static async Task<int> WatchAsync(HttpClient http, string id, string frames, CancellationToken stop)
    {
        using var answer = await http.GetAsync($"/v1/generations/{id}/events?{frames}", HttpCompletionOption.ResponseHeadersRead, stop);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
        var seen = 0;
        while (await reader.ReadLineAsync(stop) is { } line)
            if (line == "event: generation.frame") seen++;
        return seen;
    }
}
