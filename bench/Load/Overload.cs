using System.Globalization;
using System.Net;

namespace Diffusion.Bench.Load;

/// <summary>Goodput at three times the rate that the service can answer, and its memory meanwhile.</summary>
internal static class Overload
{
    private const string Path = "/generate?steps=20&sampler=ddim";
    private const double Factor = 3;

    public static async Task RunAsync(Settings settings, CancellationToken stop)
    {
        var length = TimeSpan.FromSeconds(settings.Seconds);
        // a queue that the service works off in a few seconds, so that what is accepted is answered within the measurement
        var environment = new Dictionary<string, string> { ["Inference__MaxQueuedRows"] = "1000" };
        Console.WriteLine("| peak, answers/s | offered/s | answered/s | goodput over peak | refused with 503 and Retry-After | other | MiB before, after |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        for (var pair = 0; pair < settings.Pairs; pair++)
        {
            await using var service = await ServiceProcess.StartAsync(settings, environment, stop);
            await ClosedLoop.RunAsync(service.Http, Path, clients: 32, TimeSpan.FromSeconds(2), stop);
            var peak = await ClosedLoop.RunAsync(service.Http, Path, clients: 32, length, stop);
            var before = service.ResidentBytes;
            var outcomes = await new OpenLoop(service.Http, Path, Factor * peak, pair).RunAsync(length, stop);
            // the queue is worked off after the last arrival: count over the time until the last answer
            var seconds = outcomes.Max(o => o.DueMilliseconds + o.LatencyMilliseconds) / 1000;
            var answered = outcomes.Count(o => o.Status == HttpStatusCode.OK) / seconds;
            var refused = outcomes.Count(o => o.Status == HttpStatusCode.ServiceUnavailable);
            var other = outcomes.Count(o => o.Status is not HttpStatusCode.OK and not HttpStatusCode.ServiceUnavailable);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {peak:F1} | {outcomes.Count / length.TotalSeconds:F1} | {answered:F1} | {answered / peak:F2} | {refused} | {other} | {before >> 20}, {service.ResidentBytes >> 20} |"));
        }
    }
}
