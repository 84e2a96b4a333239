using System.Diagnostics;

namespace Diffusion.Bench.Load;

/// <summary>So many clients, each with one request after the other: what the service can do at most.</summary>
internal static class ClosedLoop
{
    /// <summary>Answered requests a second.</summary>
    public static async Task<double> RunAsync(HttpClient http, string path, int clients, TimeSpan length, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var answered = 0;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            for (var i = 0; clock.Elapsed < length; i++)
            {
                using var answer = await http.PostAsync($"{path}&seed={i * clients + client}&label={client % 10}", null, stop);
                answer.EnsureSuccessStatusCode();
                await answer.Content.ReadAsByteArrayAsync(stop);
                Interlocked.Increment(ref answered);
            }
        }));
        return answered / clock.Elapsed.TotalSeconds;
    }
}
