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

    public static async Task<string> IdAsync(this HttpResponseMessage response) => (await response.JsonAsync()).GetProperty("id").GetString()!;

    public static string Header(this HttpResponseMessage response, string name) =>
        Assert.Single(response.Headers.TryGetValues(name, out var values) ? values : response.Content.Headers.GetValues(name));

    /// <summary>Asks until a generation stands where it should.</summary>
    public static async Task<JsonElement> UntilAsync(this HttpClient http, string id, params string[] states)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var generation = await (await http.GetAsync("/v1/generations/" + id, patience.Token)).JsonAsync();
            if (states.Contains(generation.GetProperty("state").GetString())) return generation;
            await Task.Yield();
        }
    }

    public static async Task<string> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        return (await ProblemAnswer.ReadAsync(response)).Type;
    }
}
