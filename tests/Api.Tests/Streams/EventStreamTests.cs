using System.Net;
using Diffusion.Api.Streams;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Streams;

[Collection(SharedService.Name)]
public sealed class EventStreamTests(Service service) : IDisposable
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    private CancellationToken Patience => patience.Token;

    private HttpClient Http => service.Http;

    public void Dispose() => patience.Dispose();

    private static async Task<string> CreateAsync(HttpClient http, string query, string prefer = "respond-async") =>
        await (await http.PostAsync("/v1/generations" + query, ("Prefer", prefer))).IdAsync();

    private const string LongQuery = $"?model={Service.Long}&sampler=ddpm&steps=1000&n=16";

    private Task<EventReader> WatchAsync(string id, string query = "", string? lastEventId = null) =>
        EventReader.OpenAsync(Http, HttpMethod.Get, $"/v1/generations/{id}/events{query}", Patience, lastEventId);

    private Generation Live(string id) => service.Services.GetRequiredService<GenerationService>().Find(id)!;

    private static IEnumerable<string> Lifecycle(IEnumerable<SentEvent> events) => events.Where(e => e.Type != "generation.frame").Select(e => e.Type["generation.".Length..]);

    [Fact]
    public async Task Events_OfAGeneration_TellTheWholeStory()
    {
        var id = await CreateAsync(Http, $"?model={Service.Long}&steps=50&n=2&seed=4");
        using var stream = await WatchAsync(id);
        Assert.Equal(id, stream.Id);
        var events = await stream.AllAsync(Patience);
        Assert.Equal(["queued", "started", "completed"], Lifecycle(events));
        Assert.Equal(["1", "2", "3"], events.Where(e => e.Id is not null).Select(e => e.Id));
        Assert.All(events, e => Assert.Equal(e.Type, "generation." + e.Data.GetProperty("type").GetString()));
        var last = events.Where(e => e.Type == "generation.frame").Select(e => e.Data).GroupBy(f => f.GetProperty("sample").GetInt32()).ToArray();
        Assert.All(last, frames => Assert.Equal(50, frames.Last().GetProperty("step").GetInt32()));
        Assert.All(last, frames => Assert.Equal(64, frames.Last().GetProperty("noisy").GetBytesFromBase64().Length));
    }

    [Theory]
    [InlineData("1", "started completed")]
    [InlineData("2", "completed")]
    public async Task Events_LastEventId_GoesOnAfterIt(string seen, string expected)
    {
        var id = await CreateAsync(Http, "?steps=2", "wait=60");
        using var stream = await WatchAsync(id, "?frames=none", seen);
        Assert.Equal(expected.Split(' '), Lifecycle(await stream.AllAsync(Patience)));
    }

    [Fact]
    public async Task Events_AfterTheLast_ThereIsNothingMore()
    {
        var id = await CreateAsync(Http, "?steps=2", "wait=60");
        Assert.Equal(HttpStatusCode.NoContent, (await Http.GetAsync($"/v1/generations/{id}/events", ("Last-Event-ID", "3"))).StatusCode);
        using var stream = await WatchAsync(id, "?from=9");
        Assert.Equal(["completed"], Lifecycle(await stream.AllAsync(Patience)));
    }

    [Fact]
    public async Task Events_FramesThatWereAskedFor_AndNoOthers()
    {
        using var stream = await EventReader.OpenAsync(Http, HttpMethod.Post, "/generate?steps=6&n=2&frames=every:3&kinds=x0", Patience);
        var frames = (await stream.AllAsync(Patience)).Where(e => e.Type == "generation.frame").Select(e => e.Data).ToArray();
        Assert.Equal([6, 6], frames.Where(f => f.GetProperty("step").GetInt32() == 6).Select(f => f.GetProperty("step").GetInt32()));
        Assert.All(frames, f => Assert.Contains(f.GetProperty("step").GetInt32(), (int[])[3, 6]));
        Assert.All(frames, f => Assert.True(f.TryGetProperty("clean", out _) && !f.TryGetProperty("noisy", out _)));
    }

    [Theory]
    [InlineData("?frames=sometimes", "frames")]
    [InlineData("?frames=steps:51", "frames")]
    [InlineData("?kinds=memory", "kinds")]
    [InlineData("?samples=2", "frames")]
    [InlineData("?samples=x", "samples")]
    [InlineData("?maxFps=0", "maxFps")]
    [InlineData("?from=-1", "from")]
    [InlineData("?often=1", "often")]
    public async Task Events_WrongFields_AreNamed(string query, string field)
    {
        var id = await CreateAsync(Http, "?steps=50&n=2");
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync($"/v1/generations/{id}/events{query}"));
        Assert.Equal(("/problems/validation", field), (problem.Type, Assert.Single(problem.Errors!).Key));
        Assert.Equal("/problems/unknown-generation", await (await Http.GetAsync("/v1/generations/gen_0/events")).ProblemAsync(HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task Events_WhenTheWatcherLeaves_TheGenerationGoesOn()
    {
        var id = await CreateAsync(Http, LongQuery);
        var places = service.Services.GetRequiredService<StreamPlaces>();
        using (var stream = await WatchAsync(id))
            await foreach (var next in stream.ReadAsync(Patience))
                if (next.Type == "generation.frame") break;
        while (places.Taken > 0) await YieldAsync();
        Assert.False(Live(id).IsCancelRequested);
        // and no frame is fetched for nobody
        Assert.Equal(FrameDemand.None, Live(id).Demand(0, 1));
        Live(id).Cancel();
    }

    [Fact]
    public async Task Generate_AsEvents_EndsWithItsReader()
    {
        string id;
        using (var stream = await EventReader.OpenAsync(Http, HttpMethod.Post, "/generate" + LongQuery + "&frames=every:100", Patience))
        {
            id = stream.Id;
            await foreach (var next in stream.ReadAsync(Patience))
                if (next.Type == "generation.frame") break;
        }
        var generation = Live(id);
        await foreach (var unused in generation.WatchAsync(FrameOptions.None, cancellationToken: Patience)) { }
        Assert.Equal(GenerationState.Canceled, generation.State);
    }

    [Fact]
    public async Task Generate_AsEventsWithAKey_IsRefused()
    {
        var answer = await Http.CallAsync(HttpMethod.Post, "/generate?steps=1", headers: [("Accept", "text/event-stream"), ("Idempotency-Key", "a")]);
        Assert.Equal(["Idempotency-Key"], (await ProblemAnswer.ReadAsync(answer)).Errors!.Keys);
    }

    [Fact]
    public async Task Events_ToOneWhoNeverReads_HoldNothingUp()
    {
        // 16 000 frames of which the connection takes what fits into its buffers
        using var stream = await EventReader.OpenAsync(Http, HttpMethod.Post, "/generate" + LongQuery, Patience);
        var generation = Live(stream.Id);
        await generation.Completion.WaitAsync(Patience);
        var events = await stream.AllAsync(Patience);
        Assert.Equal(["queued", "started", "completed"], Lifecycle(events));
        var frames = events.Where(e => e.Type == "generation.frame").Select(e => e.Data).ToArray();
        Assert.InRange(frames.Length, 16, 4000);
        Assert.InRange(frames.Length + frames.Sum(f => f.GetProperty("dropped").GetInt32()), 12_000, 16_000);
        Assert.Equal(16, frames.Count(f => f.GetProperty("step").GetInt32() == 1000));
    }

    [Fact]
    public async Task Events_AfterARestart_AreThoseOfTheRecord()
    {
        var store = Path.Combine(service.ModelsPath, "..", $"restart-{Guid.NewGuid():N}");
        string id;
        await using (var first = service.WithWebHostBuilder(b => b.UseSetting("Store:Path", store)))
            id = await CreateAsync(first.CreateClient(), "?steps=3&seed=5&frames=all", "wait=60");
        await using var second = service.WithWebHostBuilder(b => b.UseSetting("Store:Path", store));
        using var http = second.CreateClient();
        using var stream = await EventReader.OpenAsync(http, HttpMethod.Get, $"/v1/generations/{id}/events", Patience);
        var events = await stream.AllAsync(Patience);
        Assert.Equal(["queued", "started", "completed"], Lifecycle(events));
        Assert.Equal(("digits-ddpm", 1, 5ul), (events[1].Data.GetProperty("model").GetString(), events[1].Data.GetProperty("version").GetInt32(), events[1].Data.GetProperty("seed").GetUInt64()));
        Assert.True(events[2].Data.GetProperty("sampleMilliseconds").GetDouble() > 0);
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync($"/v1/generations/{id}/events", ("Last-Event-ID", "3"))).StatusCode);
        foreach (var format in (string[])["gif", "apng", "npz"])
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"/v1/generations/{id}/frames?format={format}", Patience)).StatusCode);
    }

    [Fact]
    public async Task Streams_MoreThanAClientMayHave_AreRefusedUntilOneEnds()
    {
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Api:MaxStreamsPerClient", "2"));
        using var http = small.CreateClient();
        var places = small.Services.GetRequiredService<StreamPlaces>();
        var id = await CreateAsync(http, LongQuery);
        var path = $"/v1/generations/{id}/events";
        using var first = await EventReader.OpenAsync(http, HttpMethod.Get, path, Patience);
        using (await EventReader.OpenAsync(http, HttpMethod.Get, path, Patience))
        {
            var refused = await http.GetAsync(path);
            Assert.Equal("/problems/too-many-streams", await refused.ProblemAsync(HttpStatusCode.TooManyRequests));
            Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
            var generate = await http.CallAsync(HttpMethod.Post, "/generate?steps=1", headers: [("Accept", "text/event-stream")]);
            Assert.Equal("/problems/too-many-streams", await generate.ProblemAsync(HttpStatusCode.TooManyRequests));
            await using var hub = await Hubs.HubClient.ConnectAsync(small.Server, Patience);
            var error = await Assert.ThrowsAsync<Hubs.HubError>(async () =>
            {
                await foreach (var unused in hub.ItemsAsync(await hub.StartAsync("Watch", Patience, id, 0), Patience)) Assert.Fail(unused.ToString());
            });
            Assert.Equal("/problems/too-many-streams", error.Problem.Type);
        }
        while (places.Taken > 1) await YieldAsync();
        using var again = await EventReader.OpenAsync(http, HttpMethod.Get, path, Patience);
        small.Services.GetRequiredService<GenerationService>().Find(id)!.Cancel();
    }

    private async Task YieldAsync()
    {
        Patience.ThrowIfCancellationRequested();
        await Task.Yield();
    }
}
