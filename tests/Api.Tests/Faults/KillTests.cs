using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Testing;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Faults;

/// <summary>What was accepted is finished, once, and with the right pictures, whenever the process dies. DIFFUSION_KILL_ROUNDS=100 for a long run.</summary>
public sealed class KillTests : IDisposable
{
    private static readonly string[] Bodies =
    [
        """{ "model": "digits-ddpm", "sampler": "ddim", "steps": 8, "n": 2, "label": [1, 2], "guidance": 2, "seed": SEED }""",
        """{ "model": "digits-ddpm", "sampler": "ddpm", "steps": 20, "n": 1, "seed": SEED }""",
        """{ "model": "digits-dddm", "sampler": "dddm", "steps": 2, "n": 3, "label": 7, "seed": SEED }""",
        """{ "model": "marathon", "sampler": "ddim", "steps": 60, "eta": 0.5, "n": 2, "seed": SEED }""",
    ];

    private readonly TemporaryFolder folder = new();

    /// <summary>What was asked for by key, and what was promised.</summary>
    private sealed class Promises
    {
        public ConcurrentDictionary<string, string> Asked { get; } = new();

        public ConcurrentDictionary<string, string> Accepted { get; } = new();
    }

    [Fact]
    public async Task Kill_AtAnyMomentUnderLoad_LosesNothingAndDoublesNothing()
    {
        TestModels.Publish(folder["models"]);
        var rounds = int.Parse(Environment.GetEnvironmentVariable("DIFFUSION_KILL_ROUNDS") ?? "3", CultureInfo.InvariantCulture);
        var chance = new Random(20261123);
        var promises = new Promises();
        for (var round = 0; round < rounds; round++)
        {
            using var service = await ServiceProcess.StartAsync(folder);
            await LoadUntilAsync(service, promises, accepted: chance.Next(1, 25));
        }
        using var last = await ServiceProcess.StartAsync(folder);
        foreach (var (key, body) in promises.Asked)
        {
            var repeated = await (await last.Http.CallAsync(HttpMethod.Post, "/v1/generations", body, headers: ("Idempotency-Key", key))).IdAsync();
            // those that were promised are the same; those that died unanswered are made now, or were made
            Assert.Equal(promises.Accepted.GetOrAdd(key, repeated), repeated);
        }
        foreach (var id in promises.Accepted.Values) await last.Http.UntilAsync(id, "succeeded");
        Assert.Equal(promises.Asked.Count, promises.Accepted.Values.Distinct().Count());
        Assert.Equal(promises.Asked.Count, await CountAsync(last.Http));
        foreach (var (key, id) in promises.Accepted) await AssertPicturesAsync(last.Http, promises.Asked[key], id);
    }

    [Fact]
    public async Task Terminate_UnderLoad_LeavesTheRestToTheNextStart()
    {
        TestModels.Publish(folder["models"]);
        var ids = new List<string>();
        using (var first = await ServiceProcess.StartAsync(folder, ("Inference__DrainTimeout", "00:00:00")))
        {
            for (var seed = 0; seed < 6; seed++)
                ids.Add(await (await first.Http.PostAsync($"/v1/generations?model=marathon&sampler=ddpm&steps=300&n=4&seed={seed}")).IdAsync());
            Assert.Equal(0, await first.TerminateAsync());
            Assert.Contains("is left to the next start", first.Said, StringComparison.Ordinal);
        }
        using var second = await ServiceProcess.StartAsync(folder);
        foreach (var id in ids) await second.Http.UntilAsync(id, "succeeded");
        await AssertPicturesAsync(second.Http, """{ "model": "marathon", "sampler": "ddpm", "steps": 300, "n": 4, "seed": 3 }""", ids[3]);
    }

    public void Dispose() => folder.Dispose();

    // four callers, each with its next request as soon as it has an answer, until so many are accepted and the process is killed
    private static async Task LoadUntilAsync(ServiceProcess service, Promises promises, int accepted)
    {
        var left = accepted;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var (key, body) = Next(promises);
                try
                {
                    var answer = await service.Http.CallAsync(HttpMethod.Post, "/v1/generations", body, headers: ("Idempotency-Key", key));
                    Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
                    promises.Accepted[key] = await answer.IdAsync();
                }
                catch (HttpRequestException)
                {
                    return; // it was killed
                }
                if (Interlocked.Decrement(ref left) == 0) enough.SetResult();
            }
        })).ToArray();
        await Task.WhenAny([enough.Task, .. callers]);
        await service.KillAsync();
        await Task.WhenAll(callers);
    }

    private static (string Key, string Body) Next(Promises promises)
    {
        var key = Guid.NewGuid().ToString("N");
        var number = promises.Asked.Count;
        var body = Bodies[number % Bodies.Length].Replace("SEED", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        promises.Asked[key] = body;
        return (key, body);
    }

    private static async Task<int> CountAsync(HttpClient http)
    {
        var (count, query) = (0, "");
        while (true)
        {
            var page = await (await http.GetAsync("/v1/generations?limit=200" + query)).JsonAsync();
            count += page.GetProperty("items").GetArrayLength();
            if (!page.TryGetProperty("next", out var next) || next.ValueKind == JsonValueKind.Null) return count;
            query = "&cursor=" + next.GetString();
        }
    }

    // kernels may round differently for another batch size: 1 of 255
    private static async Task AssertPicturesAsync(HttpClient http, string body, string id)
    {
        var kept = await http.GetAsync($"/v1/generations/{id}/result?format=png");
        Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
        var undisturbed = await http.CallAsync(HttpMethod.Post, "/generate?format=png", body);
        var (actual, expected) = (Pixels(await kept.Content.ReadAsByteArrayAsync()), Pixels(await undisturbed.Content.ReadAsByteArrayAsync()));
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i].PackedValue - actual[i].PackedValue) <= 1, $"{id}, pixel {i}");
    }

    private static L8[] Pixels(byte[] file)
    {
        using var image = Image.Load<L8>(file);
        var pixels = new L8[image.Width * image.Height];
        image.CopyPixelDataTo(pixels);
        return pixels;
    }
}
