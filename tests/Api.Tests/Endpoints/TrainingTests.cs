using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class TrainingTests(Service service)
{
    private const string Job = """
        {
          "name": "api-test", "model": "api-test",
          "objective": { "kind": "ddpm", "prediction": "epsilon" },
          "schedule": { "name": "cosine", "steps": 10 },
          "network": { "imageSize": 8, "channels": 1, "modelChannels": 32, "channelMultipliers": [1], "residualBlocks": 1, "attentionResolutions": [], "headChannels": 32 },
          "data": "not-imported", "batch": 2, "steps": 1
        }
        """;

    private Task<HttpResponseMessage> Submit(string json) =>
        service.Http.PostAsync("/v1/training-jobs", new StringContent(json, Encoding.UTF8, "application/json"));

    [Fact]
    public async Task Submit_WrongFields_NamesEachOfThem()
    {
        var answer = await Submit(Job.Replace("\"batch\": 2", "\"batch\": 0, \"colour\": 1"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await ProblemAnswer.ReadAsync(answer);
        Assert.Contains("batch", problem.Errors!.Keys);
        Assert.Contains("colour", problem.Errors.Keys);
    }

    [Fact]
    public async Task Submit_DataThatIsNotThere_FailsThatJobAndNothingElse()
    {
        var answer = await Submit(Job);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        JsonElement job;
        do job = await service.Http.GetFromJsonAsync<JsonElement>(answer.Headers.Location, patience.Token);
        while (job.GetProperty("state").GetString() is "queued" or "running");
        Assert.Equal("failed", job.GetProperty("state").GetString());
        Assert.Contains("not-imported", job.GetProperty("error").GetString());

        var again = await service.Http.PostAsync($"{answer.Headers.Location}/cancel", null);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.EndsWith("conflicting-state", (await ProblemAnswer.ReadAsync(again)).Type);
        var listed = await service.Http.GetFromJsonAsync<JsonElement[]>("/v1/training-jobs");
        Assert.Contains(listed!, j => j.GetProperty("id").GetString() == job.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("GET", "/v1/training-jobs/999999")]
    [InlineData("POST", "/v1/training-jobs/999999/cancel")]
    public async Task Ask_UnknownJob_IsNotFound(string method, string path)
    {
        var answer = await service.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.EndsWith("unknown-training-job", (await ProblemAnswer.ReadAsync(answer)).Type);
    }
}
