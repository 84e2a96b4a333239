using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Api.Tests.Faults;
using Diffusion.Testing;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Malformed;

/// <summary>
/// Wrong requests by the document that the service serves: none makes it fail, hang or tell of its inside.
/// DIFFUSION_MALFORMED=10000 for a long run, DIFFUSION_MALFORMED_SEED for other ones.
/// </summary>
public sealed class MalformedTests(ITestOutputHelper output) : IDisposable
{
    private const int Callers = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly string[] Inside = ["   at ", "Exception", ".cs:line", "Microsoft.", "System.", "Diffusion.Api", "SQLite"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Requests_ThatAreWrong_AreRefusedAndExplained()
    {
        var (count, seed) = (Setting("DIFFUSION_MALFORMED", 600), Setting("DIFFUSION_MALFORMED_SEED", 3));
        TestModels.Publish(folder["models"]);
        Training.Tests.TinySet.Write(folder["data"]);
        using var service = await ServiceProcess.StartAsync(folder, ("Inference__MaxCount", "16"), ("Api__KeyFile", folder["keys.json"]));
        await service.ReadyAsync();
        using var document = JsonDocument.Parse(await service.Http.GetStringAsync("/openapi/v1.json"));
        var kept = await (await service.Http.PostAsync("/v1/generations?steps=1", ("Prefer", "wait=60"))).IdAsync();
        var requests = new MalformedRequests(Operation.Of(document.RootElement), kept, seed);

        var (next, tally, wrong) = (-1, new ConcurrentDictionary<int, int>(), new ConcurrentQueue<string>());
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var number && number < count)
            {
                var request = requests[number];
                var (status, fault) = await JudgeAsync(service, request);
                tally.AddOrUpdate(status, 1, (_, before) => before + 1);
                if (fault is not null) wrong.Enqueue($"{number} ({request.What}): {fault}\n{Shown(request.Bytes)}");
            }
        })));

        output.WriteLine($"{count} requests, seed {seed}: {string.Join(", ", tally.OrderBy(t => t.Key).Select(t => $"{(t.Key == 0 ? "hung up" : t.Key)} {t.Value}"))}");
        Assert.True(wrong.IsEmpty, $"{wrong.Count} of {count} (seed {seed}):\n\n{string.Join("\n\n", wrong.DistinctBy(w => w[(w.IndexOf('(', StringComparison.Ordinal) + 1)..Math.Min(w.Length, w.IndexOf("): ", StringComparison.Ordinal) + 7)]).Take(20))}");
        // it was worth the asking, and the service has lost nothing by it
        Assert.InRange(tally.Where(t => t.Key is >= 400 or 0).Sum(t => t.Value), count * 6 / 10, count);
        var said = service.Said;
        Assert.True(!said.Contains("fail:", StringComparison.Ordinal) && !said.Contains("crit:", StringComparison.Ordinal), $"The log has an error: {said[Math.Max(0, said.IndexOf("fail:", StringComparison.Ordinal))..]}"[..Math.Min(said.Length, 4000)]);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/healthz/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.PostAsync("/generate?steps=2&sampler=dddm&seed=1", null)).StatusCode);
        Assert.Equal(0, await service.TerminateAsync());
    }

    [Fact]
    public void Requests_OfASeed_AreTheSameAgain()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.Path("docs", "openapi.json")));
        var operations = Operation.Of(document.RootElement);
        var (a, b) = (new MalformedRequests(operations, "gen_x", 5), new MalformedRequests(operations, "gen_x", 5));
        for (var i = 0; i < 300; i++) Assert.Equal(a[i].Bytes, b[i].Bytes);
        Assert.All(operations, o => Assert.Contains(Enumerable.Range(0, 3000), i => a[i].What.StartsWith($"{o.Method} {o.Path}:", StringComparison.Ordinal)));
    }

    private static async Task<(int Status, string? Fault)> JudgeAsync(ServiceProcess service, Malformed request)
    {
        RawAnswer answer;
        try
        {
            answer = await RawCall.SendAsync(service.Http.BaseAddress!, request.Bytes, isWhole: !request.IsBroken, Patience);
        }
        catch (OperationCanceledException)
        {
            return (-1, $"no answer within {Patience.TotalSeconds} seconds");
        }
        return (answer.Status, Fault(request, answer));
    }

    private static string? Fault(Malformed request, RawAnswer answer)
    {
        var (status, body) = (answer.Status, answer.Body);
        if (status == 0) return request.IsBroken ? null : "the connection was closed without an answer";
        // the answer of HTTP itself to a version that there is not
        if (status == 505 && request.IsBroken && body.Length == 0) return null;
        if (status >= 500) return $"{status} {body}";
        if (status < 400) return null;
        // Kestrel itself refuses what is no HTTP, and says nothing
        if (body.Length == 0 && request.IsBroken) return null;
        if (request.Bytes.AsSpan().StartsWith("HEAD "u8)) return null;
        if (answer.Headers.GetValueOrDefault("Content-Type") != "application/problem+json") return $"{status} of type '{answer.Headers.GetValueOrDefault("Content-Type")}': {body}";
        using var problem = JsonDocument.Parse(body);
        var type = problem.RootElement.GetProperty("type").GetString()!;
        if (ProblemCatalogue.All.All(p => p.Type != type)) return $"unknown problem {type}";
        if (problem.RootElement.GetProperty("status").GetInt32() != status) return $"{status}, and the problem says otherwise: {body}";
        if (string.IsNullOrEmpty(problem.RootElement.GetProperty("detail").GetString())) return $"no detail: {body}";
        // what the caller sent may be said back to him
        var said = Encoding.Latin1.GetString(request.Bytes);
        return Inside.FirstOrDefault(i => body.Contains(i, StringComparison.Ordinal) && !said.Contains(i, StringComparison.Ordinal)) is { } told ? $"tells of '{told}': {body}" : null;
    }

    private static string Shown(byte[] bytes) => string.Concat(bytes.Take(300).Select(b => b is >= 0x20 and < 0x7f ? $"{(char)b}" : b == '\n' ? "\n    " : b == '\r' ? "" : $"\\x{b:x2}"));

    private static int Setting(string name, int usual) => int.Parse(Environment.GetEnvironmentVariable(name) ?? $"{usual}", CultureInfo.InvariantCulture);
}
