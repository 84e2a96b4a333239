using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Diffusion.Api.Tests.Endpoints;

/// <summary>Calls of the durable API, in one line each.</summary>
internal static class GenerationCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task<HttpResponseMessage> CallAsync(
        this HttpClient http, HttpMethod method, string path, string? json = null, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await http.SendAsync(request, cancellationToken);
    }

    public static Task<HttpResponseMessage> PostAsync(this HttpClient http, string path, params (string Name, string Value)[] headers) =>
        http.CallAsync(HttpMethod.Post, path, headers: headers);

    public static Task<HttpResponseMessage> GetAsync(this HttpClient http, string path, params (string Name, string Value)[] headers) =>
        http.CallAsync(HttpMethod.Get, path, headers: headers);

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>();

    public static async Task<string> IdAsync(this HttpResponseMessage response) => Member(await response.JsonAsync(), "id");

    public static string Header(this HttpResponseMessage response, string name) =>
        Assert.Single(response.Headers.TryGetValues(name, out var values) ? values : response.Content.Headers.GetValues(name));

    /// <summary>Asks until a generation stands where it should.</summary>
    public static async Task<JsonElement> UntilAsync(this HttpClient http, string id, params string[] states)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await http.GetAsync("/v1/generations/" + id, patience.Token);
            // a store that opens a moment later: a process that another test forks holds the lock of the one before until it runs
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) continue;
            var generation = await answer.JsonAsync();
            if (states.Contains(Member(generation, "state"))) return generation;
            await Task.Yield();
        }
    }

    public static async Task<string> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        return (await ProblemAnswer.ReadAsync(response)).Type;
    }

    // what came instead says why
    private static string Member(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) ? value.GetString()! : throw new InvalidOperationException($"There is no '{name}' in {answer}.");
}
