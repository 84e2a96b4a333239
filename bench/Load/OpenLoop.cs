using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Diffusion.Bench.Load;

/// <summary>What became of one request. Latency counts from when it was due, not from when it could be sent.</summary>
internal readonly record struct Outcome(double DueMilliseconds, double LatencyMilliseconds, HttpStatusCode Status);

/// <summary>Requests at random times of a fixed rate, whatever the service answers: a slow service does not slow its load.</summary>
internal sealed class OpenLoop(HttpClient http, string path, double perSecond, int seed)
{
    /// <summary>Sends for so long, then waits for all answers.</summary>
    public async Task<IReadOnlyList<Outcome>> RunAsync(TimeSpan length, CancellationToken stop)
    {
        var random = new Random(seed);
        var outcomes = new ConcurrentBag<Outcome>();
        var open = new List<Task>();
        var clock = Stopwatch.StartNew();
        var due = 0.0;
        for (var i = 0; ; i++)
        {
            // exponential gaps: arrivals of a Poisson process
            due += -Math.Log(1 - random.NextDouble()) / perSecond * 1000;
            if (due >= length.TotalMilliseconds) break;
            var wait = due - clock.Elapsed.TotalMilliseconds;
            if (wait > 1) await Task.Delay(TimeSpan.FromMilliseconds(wait), stop);
            open.Add(SendAsync(i, due, clock, outcomes, stop));
        }
        await Task.WhenAll(open);
        return [.. outcomes];
    }

    private async Task SendAsync(int number, double due, Stopwatch clock, ConcurrentBag<Outcome> outcomes, CancellationToken stop)
    {
        using var answer = await http.PostAsync($"{path}&seed={number}&label={number % 10}", null, stop);
        await answer.Content.ReadAsByteArrayAsync(stop);
        outcomes.Add(new Outcome(due, clock.Elapsed.TotalMilliseconds - due, answer.StatusCode));
    }
}
