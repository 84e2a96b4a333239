using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Diffusion.Api.Tests.Endpoints;

namespace Diffusion.Api.Tests.Faults;

/// <summary>Durable requests of every kind, each with an Idempotency-Key of its own, and what was promised for them.</summary>
internal sealed class Orders
{
    private static readonly string[] Kinds =
    [
        """{ "model": "digits-ddpm", "sampler": "ddim", "steps": 8, "n": 2, "label": [1, 2], "guidance": 2, "seed": SEED }""",
        """{ "model": "digits-ddpm", "sampler": "ddpm", "steps": 20, "n": 1, "seed": SEED }""",
        """{ "model": "digits-dddm", "sampler": "dddm", "steps": 3, "n": 2, "determinism": "strict", "seed": SEED }""",
        """{ "model": "digits-dddm", "sampler": "dddm", "steps": 2, "n": 3, "label": 7, "seed": SEED }""",
        """{ "model": "marathon", "sampler": "ddim", "steps": 60, "eta": 0.5, "n": 2, "seed": SEED }""",
        """{ "model": "digits-ddpm", "sampler": "ddim", "steps": 10, "n": 2, "label": 4, "guidance": 3, "determinism": "strict", "seed": SEED }""",
    ];

    private readonly ConcurrentDictionary<string, string> asked = new(), accepted = new(), adopted = new();
    private int numbers;

    /// <summary>Requests that were sent, answered or not.</summary>
    public int Asked => asked.Count;

    /// <summary>Requests that were answered with a promise.</summary>
    public int Accepted => accepted.Count + adopted.Count;

    /// <summary>Makes the next order and sends it.</summary>
    /// <returns>Whether it was promised; false if the service is stopping.</returns>
    /// <exception cref="HttpRequestException">Nobody answered.</exception>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async Task<bool> SendAsync(HttpClient http, CancellationToken cancellationToken = default)
    {
        var (key, number) = (Guid.NewGuid().ToString("N"), Interlocked.Increment(ref numbers));
        asked[key] = Kinds[number % Kinds.Length].Replace("SEED", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var answer = await http.CallAsync(HttpMethod.Post, "/v1/generations", asked[key], cancellationToken, ("Idempotency-Key", key));
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable) == "/problems/draining") return false;
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        accepted[key] = await answer.IdAsync();
        return true;
    }

    /// <summary>Takes one in that somebody sent without a key.</summary>
    public void Adopt(string body, string id)
    {
        adopted[id] = body;
    }

    /// <summary>
    /// Repeats every order, waits for all pictures, and compares them with those of a service that nothing happened to.
    /// </summary>
    /// <param name="http">The service, started again.</param>
    /// <param name="undisturbed">A service of its own store.</param>
    public async Task<Outcome> SettleAsync(HttpClient http, HttpClient undisturbed)
    {
        List<string> lost = [], wrong = [];
        Dictionary<string, string> ids = [];
        foreach (var (key, body) in asked)
        {
            ids[key] = await (await http.CallAsync(HttpMethod.Post, "/v1/generations", body, headers: ("Idempotency-Key", key))).IdAsync();
            // those that were promised are the same; those that died unanswered are made now, or were made
            if (accepted.TryGetValue(key, out var promised) && promised != ids[key]) lost.Add($"{promised} was promised and {ids[key]} came of it");
        }
        var doubled = await CountAsync(http) - adopted.Count - asked.Count;
        var (seeded, strict) = (0, 0);
        foreach (var (id, body) in ids.Select(i => (i.Value, asked[i.Key])).Concat(adopted.Select(a => (a.Key, a.Value))))
        {
            var state = (await http.UntilAsync(id, "succeeded", "failed", "canceled", "expired")).GetProperty("state").GetString();
            if (state != "succeeded")
            {
                lost.Add($"{id} {state}: {body}");
                continue;
            }
            var difference = await DifferenceAsync(http, undisturbed, id, body);
            var isStrict = body.Contains("strict", StringComparison.Ordinal);
            if (difference > (isStrict ? 0 : 1)) wrong.Add($"{id} differs by {difference}: {body}");
            if (isStrict) strict = Math.Max(strict, difference);
            else seeded = Math.Max(seeded, difference);
        }
        return new Outcome(lost, wrong, doubled, seeded, strict);
    }

    /// <summary>The largest difference of a pixel, of 255, from the same request elsewhere.</summary>
    private static async Task<int> DifferenceAsync(HttpClient http, HttpClient undisturbed, string id, string body)
    {
        var kept = await http.GetAsync($"/v1/generations/{id}/result?format=png");
        Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
        var other = await undisturbed.CallAsync(HttpMethod.Post, "/generate?format=png", body);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        return PictureDifference.Of(await kept.Content.ReadAsByteArrayAsync(), await other.Content.ReadAsByteArrayAsync());
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

    /// <summary>What became of all orders.</summary>
    /// <param name="Lost">Promised and not made.</param>
    /// <param name="Wrong">Other pictures than elsewhere.</param>
    /// <param name="Doubled">Records that nobody asked for.</param>
    /// <param name="Seeded">Largest difference of seeded ones, of 255.</param>
    /// <param name="Strict">Largest difference of strict ones, of 255.</param>
    internal sealed record Outcome(IReadOnlyList<string> Lost, IReadOnlyList<string> Wrong, int Doubled, int Seeded, int Strict);
}
