using System.Net;
using System.Text.Json;
using Diffusion.Api.Streams;
using Diffusion.Api.Tests.Hubs;
using Diffusion.Api.Tests.Streams;
using Diffusion.Imaging;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class TrainingRecordTests(Service service) : IDisposable
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(120));

    private HttpClient Http => service.Http;

    public void Dispose() => patience.Dispose();

    [Fact]
    public async Task Records_OfAJob_AreTheSameOverEveryWay()
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("recorded", steps: 60, objective: """ "kind": "dddm" """).Replace("\"checkpoint\": 50", "\"checkpoint\": 50, \"sample\": 20", StringComparison.Ordinal));
        var following = LinesAsync($"{TrainingJobs.Path}/{id}/metrics?follow=true");
        await using var hub = await HubClient.ConnectAsync(service.Server, patience.Token, hub: "training");
        var heard = new List<JsonElement>();
        await foreach (var happened in hub.ItemsAsync(await hub.StartAsync("WatchTraining", patience.Token, id, 0), patience.Token)) heard.Add(happened);
        using var stream = await EventReader.OpenAsync(Http, HttpMethod.Get, $"{TrainingJobs.Path}/{id}/events", patience.Token);
        var sent = await stream.AllAsync(patience.Token);

        Assert.Equal(["queued", "started", "published", "succeeded"], OfType(heard, "state").Select(e => e.GetProperty("kind").GetString()));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => 5 * i), OfType(heard, "metrics").Select(e => e.GetProperty("step").GetInt32()));
        Assert.Equal([20, 40, 60], OfType(heard, "samples").Select(e => e.GetProperty("step").GetInt32()));
        foreach (var type in new[] { "state", "metrics", "samples" })
            Assert.Equal(OfType(heard, type).Select(e => e.GetRawText()), sent.Where(e => e.Type == "training." + type).Select(e => e.Data.GetRawText()));
        Assert.All(OfType(heard, "metrics"), e => Assert.True(e.GetProperty("values").TryGetProperty("copyScore", out _)));

        var lines = await following;
        Assert.Equal(OfType(heard, "metrics").Select(e => e.GetProperty("values").GetRawText()), lines);
        Assert.Equal(lines, await LinesAsync($"{TrainingJobs.Path}/{id}/metrics"));
        Assert.Equal(lines[9..], await LinesAsync($"{TrainingJobs.Path}/{id}/metrics?fromStep=46"));
        Assert.Equal([lines[0], lines[5], lines[10]], await LinesAsync($"{TrainingJobs.Path}/{id}/metrics?apart=25"));

        // from where a reader was, and nothing after the end
        using var rest = await EventReader.OpenAsync(Http, HttpMethod.Get, $"{TrainingJobs.Path}/{id}/events", patience.Token, sent[^2].Id);
        Assert.Equal(sent[^1].Data.GetRawText(), Assert.Single(await rest.AllAsync(patience.Token)).Data.GetRawText());
        Assert.Equal(HttpStatusCode.NoContent, (await Http.GetAsync($"{TrainingJobs.Path}/{id}/events", ("Last-Event-ID", sent[^1].Id!))).StatusCode);
    }

    [Theory]
    [InlineData("metrics?follow=true")]
    [InlineData("events")]
    public async Task Reader_WhoLeaves_GivesHisPlaceBackAndTheJobGoesOn(string path)
    {
        var places = service.Services.GetRequiredService<StreamPlaces>();
        var id = await Http.SubmitAsync(TrainingJobs.File("left-by-" + path[..6]));
        await Http.UntilJobAsync(id, j => j.Step() > 0);
        // readers of tests before this one have left, and the service may not know it yet
        await UntilLeftAsync();
        using (var answer = await Http.GetAsync($"{TrainingJobs.Path}/{id}/{path}", HttpCompletionOption.ResponseHeadersRead, patience.Token))
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(patience.Token));
            Assert.NotNull(await reader.ReadLineAsync(patience.Token));
            Assert.Equal(1, places.Taken);
        }
        await UntilLeftAsync();
        var step = (await Http.JobAsync(id)).Step();
        await Http.UntilJobAsync(id, j => j.Step() > step);
        await Http.TellAsync(id, "cancel");

        async Task UntilLeftAsync()
        {
            while (places.Taken > 0)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Samples_OfAJob_CanBeListedSeenAndSetSideBySide()
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("seen", steps: 30).Replace("\"checkpoint\": 50", "\"checkpoint\": 50, \"sample\": 10", StringComparison.Ordinal));
        await Http.UntilJobAsync(id, j => j.State() == "succeeded");
        var links = (await Http.JobAsync(id)).GetProperty("links");
        var grids = (await (await Http.GetAsync(links.GetProperty("samples").GetString()!, headers: [])).JsonAsync()).EnumerateArray().ToArray();
        Assert.Equal([10, 20, 30], grids.Select(g => g.GetProperty("step").GetInt32()));

        var answer = await Http.GetAsync(grids[1].GetProperty("picture").GetString()!, headers: []);
        Assert.Equal("image/png", answer.Content.Headers.ContentType!.MediaType);
        var file = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(grids[1].GetProperty("bytes").GetInt32(), file.Length);
        Assert.Equal(HttpStatusCode.NotModified, (await Http.GetAsync(grids[1].GetProperty("picture").GetString()!, ("If-None-Match", answer.Header("ETag")))).StatusCode);

        var strip = PictureReader.Read(await Http.GetByteArrayAsync(links.GetProperty("strip").GetString() + "?columns=2&rows=3"), 1, 100_000);
        Assert.Equal((8 + 2 + 8, 3 * 8 + 2 * 2), (strip.Width, strip.Height));
        var last = PictureReader.Read(await Http.GetByteArrayAsync(grids[2].GetProperty("picture").GetString()), 1, 100_000);
        Assert.Equal(last.Pixels[..8], strip.Pixels[10..18]);
    }

    [Theory]
    [InlineData("/metrics?fromStep=-1&follow=perhaps&colour=red", "fromStep,follow,colour")]
    [InlineData("/metrics?apart=0", "apart")]
    [InlineData("/events?fromStep=x", "fromStep")]
    [InlineData("/strip.png?columns=0&rows=21", "columns,rows")]
    public async Task Ask_WhatIsNotAllowed_NamesTheFields(string path, string fields)
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("asked-" + Math.Abs(path.GetHashCode(StringComparison.Ordinal))));
        var answer = await Http.GetAsync($"{TrainingJobs.Path}/{id}{path}", headers: []);
        await Http.TellAsync(id, "cancel");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(fields.Split(',').Order(), (await ProblemAnswer.ReadAsync(answer)).Errors!.Keys.Order());
    }

    [Fact]
    public async Task Events_AfterWhatIsNoId_AreRefused()
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("no-id"));
        var answer = await Http.GetAsync($"{TrainingJobs.Path}/{id}/events", ("Last-Event-ID", "7"));
        await Http.TellAsync(id, "cancel");
        Assert.Equal("/problems/validation", await answer.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Hub_UnknownJobOrStep_SaysWhatIsWrong()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, patience.Token, hub: "training");
        foreach (var (id, from, problem) in new[] { ("999999", 0, "/problems/unknown-training-job"), (await Http.SubmitAsync(TrainingJobs.File("hub-step", steps: 1)), -1, "/problems/validation") })
        {
            var error = await Assert.ThrowsAsync<HubError>(async () => await hub.ItemsAsync(await hub.StartAsync("WatchTraining", patience.Token, id, from), patience.Token).CountAsync());
            Assert.Equal(problem, error.Problem.Type);
        }
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/events")]
    [InlineData("/samples")]
    [InlineData("/samples/10.png")]
    [InlineData("/strip.png")]
    public async Task Ask_OfAnUnknownJob_IsNotFound(string path) =>
        Assert.Equal("/problems/unknown-training-job", await (await Http.GetAsync($"{TrainingJobs.Path}/999999{path}", headers: [])).ProblemAsync(HttpStatusCode.NotFound));

    [Theory]
    [InlineData("/samples/1.png")]
    [InlineData("/samples/one.png")]
    [InlineData("/strip.png")]
    public async Task Ask_ForSamplesThatWereNotMade_IsNotFound(string path)
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("unseen-" + Math.Abs(path.GetHashCode(StringComparison.Ordinal))));
        var answer = await Http.GetAsync($"{TrainingJobs.Path}/{id}{path}", headers: []);
        await Http.TellAsync(id, "cancel");
        Assert.Equal("/problems/not-found", await answer.ProblemAsync(HttpStatusCode.NotFound));
    }

    private static IEnumerable<JsonElement> OfType(IEnumerable<JsonElement> events, string type) => events.Where(e => e.GetProperty("type").GetString() == type);

    private async Task<string[]> LinesAsync(string path)
    {
        var answer = await Http.GetAsync(path, patience.Token);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        return (await answer.Content.ReadAsStringAsync(patience.Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
