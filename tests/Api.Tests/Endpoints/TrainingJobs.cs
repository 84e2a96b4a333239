using System.Net;
using System.Text.Json;

namespace Diffusion.Api.Tests.Endpoints;

/// <summary>Jobs that train in milliseconds a step, and calls on them.</summary>
internal static class TrainingJobs
{
    public const string Path = "/v1/training-jobs";

    /// <summary>Steps of a job that a test ends itself.</summary>
    public const int Endless = 1_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <param name="name">Of run and model.</param>
    /// <param name="steps">Length.</param>
    /// <param name="objective">Fields of the objective.</param>
    /// <param name="more">Further fields, each ending in a comma.</param>
    public static string File(string name, int steps = Endless, string objective = """ "kind": "ddpm" """, string more = "") => $$"""
        {
          "name": "{{name}}", "model": "{{name}}", "objective": { {{objective}} },
          "schedule": { "name": "cosine", "steps": 20 },
          "network": { "imageSize": 8, "channels": 1, "classes": 2, "modelChannels": 8, "channelMultipliers": [1, 1], "residualBlocks": 1, "headChannels": 8 },
          "data": "tiny", "batch": 4, "steps": {{steps}}, {{more}}
          "optimizer": { "learningRate": 0.002 }, "labelDrop": 0.2, "seed": 11,
          "every": { "log": 5, "checkpoint": 50 }, "sampling": { "sampler": "{{(objective.Contains("dddm", StringComparison.Ordinal) ? "dddm" : "ddim")}}", "steps": 2 }
        }
        """;

    public static async Task<string> SubmitAsync(this HttpClient http, string file, string query = "")
    {
        var answer = await http.CallAsync(HttpMethod.Post, Path + query, file);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return await answer.IdAsync();
    }

    public static async Task<JsonElement> JobAsync(this HttpClient http, string id) => await (await http.GetAsync($"{Path}/{id}", headers: [])).JsonAsync();

    /// <summary>POST to a part of a job.</summary>
    public static Task<HttpResponseMessage> TellAsync(this HttpClient http, string id, string what) => http.CallAsync(HttpMethod.Post, $"{Path}/{id}/{what}");

    /// <summary>Asks until a job is as it should be.</summary>
    public static async Task<JsonElement> UntilJobAsync(this HttpClient http, string id, Func<JsonElement, bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await http.GetAsync($"{Path}/{id}", patience.Token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var job = await answer.JsonAsync();
            if (holds(job)) return job;
            if (job.State() == "failed") Assert.Fail(job.GetProperty("error").GetString());
            await Task.Yield();
        }
    }

    /// <summary>Asks until there is something.</summary>
    public static async Task UntilOkAsync(this HttpClient http, string path)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await http.GetAsync(path, patience.Token)).StatusCode != HttpStatusCode.OK) await Task.Yield();
    }

    public static string State(this JsonElement job) => job.GetProperty("state").GetString()!;

    /// <summary>Steps done; 0 before anything is known of them.</summary>
    public static int Step(this JsonElement job) => job.TryGetProperty("progress", out var progress) ? progress.GetProperty("step").GetInt32() : 0;

    public static bool IsActive(this JsonElement job) => job.GetProperty("active").GetBoolean();
}
