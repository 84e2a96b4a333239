using System.Text.Json;
using Diffusion.Api.Streams;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Hubs;

[Collection(SharedService.Name)]
public sealed class GenerationHubTests(Service service) : IDisposable
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));

    private CancellationToken Patience => patience.Token;

    public void Dispose() => patience.Dispose();

    private static string TypeOf(JsonElement e) => e.GetProperty("type").GetString()!;

    private async Task<List<JsonElement>> RunAsync(object request)
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var events = new List<JsonElement>();
        await foreach (var e in hub.ItemsAsync(await hub.StartAsync("Generate", Patience, request), Patience)) events.Add(e);
        return events;
    }

    [Fact]
    public async Task Generate_AllFrames_StreamsTheWholeStory()
    {
        var events = await RunAsync(new { steps = 4, seed = 3, n = 1, label = new[] { 2 }, options = new { eta = "0.5" } });
        var lifecycle = events.Where(e => TypeOf(e) != "frame").ToArray();
        Assert.Equal(["queued", "started", "completed"], lifecycle.Select(TypeOf));
        Assert.Equal([1, 2, 3], lifecycle.Select(e => e.GetProperty("sequence").GetInt32()));
        Assert.Equal(("digits-ddpm", 3ul), (lifecycle[1].GetProperty("model").GetString(), lifecycle[1].GetProperty("seed").GetUInt64()));
        var last = events.Last(e => TypeOf(e) == "frame");
        Assert.Equal((4, 8, 8, 1), (last.GetProperty("step").GetInt32(), last.GetProperty("width").GetInt32(), last.GetProperty("height").GetInt32(), last.GetProperty("channels").GetInt32()));
        Assert.Equal(64, last.GetProperty("noisy").GetBytesFromBase64().Length);
        Assert.Equal(64, last.GetProperty("clean").GetBytesFromBase64().Length);
    }

    [Fact]
    public async Task Generate_NoFrames_StreamsOnlyTheLifecycle()
    {
        var events = await RunAsync(new { steps = 3, frames = new { every = 0 } });
        Assert.Equal(["queued", "started", "completed"], events.Select(TypeOf));
    }

    [Fact]
    public async Task Generate_OneKindOfFrame_LeavesTheOtherOut()
    {
        var events = await RunAsync(new { steps = 2, sampler = "dddm", frames = new { noisy = false } });
        var frame = events.Last(e => TypeOf(e) == "frame");
        Assert.True(frame.TryGetProperty("clean", out _));
        Assert.False(frame.TryGetProperty("noisy", out var noisy) && noisy.ValueKind != JsonValueKind.Null);
    }

    [Fact]
    public async Task Generate_LastCleanFrame_IsThePictureOfTheSameSeed()
    {
        var events = await RunAsync(new { steps = 3, seed = 11, model = Service.Unlabelled });
        var frame = events.Last(e => TypeOf(e) == "frame").GetProperty("noisy").GetBytesFromBase64();
        var file = await (await service.GenerateAsync("steps=3&seed=11&model=" + Service.Unlabelled)).Content.ReadAsByteArrayAsync();
        using var image = SixLabors.ImageSharp.Image.Load<SixLabors.ImageSharp.PixelFormats.L8>(file);
        var pixels = new byte[64];
        image.CopyPixelDataTo(pixels);
        Assert.Equal(pixels, frame);
    }

    [Theory]
    [InlineData("""{ "steps": 0 }""", "validation", "steps")]
    [InlineData("""{ "sampler": "none-such" }""", "validation", "sampler")]
    [InlineData("""{ "model": "nobody" }""", "unknown-model", "model")]
    [InlineData("""{ "frames": { "often": 1 } }""", "validation", "frames")]
    [InlineData("""{ "model": "digits-ddpm", "sampler": "dddm" }""", "sampler-not-supported-by-model", "sampler")]
    public async Task Generate_WrongRequest_CarriesTheSameProblem(string request, string slug, string field)
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var error = await Assert.ThrowsAsync<HubError>(() => RunAsync(JsonDocument.Parse(request).RootElement));
        Assert.Equal("/problems/" + slug, error.Problem.Type);
        Assert.True(error.Problem.Errors!.ContainsKey(field));
    }

    [Theory]
    [InlineData("Watch")]
    [InlineData("Cancel")]
    public async Task AnyMethod_UnknownGeneration_SaysSo(string method)
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var error = await Assert.ThrowsAsync<HubError>(async () =>
        {
            if (method == "Cancel") await hub.InvokeAsync(method, Patience, "gen_none");
            else await foreach (var unused in hub.ItemsAsync(await hub.StartAsync(method, Patience, "gen_none", 0), Patience)) Assert.Fail(unused.ToString());
        });
        Assert.Equal("/problems/unknown-generation", error.Problem.Type);
    }

    [Fact]
    public async Task Generate_WhenTheStreamEnds_IsCanceled()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var (stream, id) = await StartLongAsync(hub);
        await hub.EndAsync(stream, Patience);
        await EndedAsync(id, GenerationState.Canceled);
        var places = service.Services.GetRequiredService<StreamPlaces>();
        while (places.Taken > 0)
        {
            Patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Generate_WhenTheConnectionBreaks_IsCanceled()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var (_, id) = await StartLongAsync(hub);
        hub.Abort();
        await EndedAsync(id, GenerationState.Canceled);
    }

    [Fact]
    public async Task Cancel_OfARunningGeneration_EndsItsStream()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        await using var other = await HubClient.ConnectAsync(service.Server, Patience);
        var (stream, id) = await StartLongAsync(hub);
        await other.InvokeAsync("Cancel", Patience, id);
        JsonElement last = default;
        await foreach (var e in hub.ItemsAsync(stream, Patience)) last = e;
        Assert.Equal("canceled", TypeOf(last));
    }

    [Fact]
    public async Task Watch_AFinishedGeneration_ReplaysFromTheSequence()
    {
        var id = (await RunAsync(new { steps = 2, frames = new { every = 0 } }))[0].GetProperty("id").GetString()!;
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var events = new List<JsonElement>();
        await foreach (var e in hub.ItemsAsync(await hub.StartAsync("Watch", Patience, id, 2), Patience)) events.Add(e);
        Assert.Equal(["started", "completed"], events.Select(TypeOf));
    }

    [Fact]
    public async Task SetFrameOptions_OfARunningStream_ChangesWhatComes()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var (stream, id) = await StartLongAsync(hub);
        await hub.SendAsync("SetFrameOptions", Patience, id, new { every = 7, kinds = new[] { "x0" }, samples = new[] { 2 } });
        await foreach (var e in hub.ItemsAsync(stream, Patience))
            if (TypeOf(e) == "frame" && e.GetProperty("step").GetInt32() is var step && step % 7 == 0 && step % 100 != 0)
            {
                Assert.Equal((2, false), (e.GetProperty("sample").GetInt32(), e.TryGetProperty("noisy", out _)));
                break;
            }
        var error = await Assert.ThrowsAsync<HubError>(() => hub.InvokeAsync("SetFrameOptions", Patience, id, new { kinds = new[] { "memory" } }));
        Assert.Equal(["kinds"], error.Problem.Errors!.Keys);
        await hub.EndAsync(stream, Patience);
        await EndedAsync(id, GenerationState.Canceled);
    }

    [Fact]
    public async Task SetFrameOptions_TwoStreamsOfOneConnection_ChangesBoth()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var (stream, id) = await StartLongAsync(hub);
        await foreach (var unused in hub.ItemsAsync(await hub.StartAsync("Watch", Patience, id, 0), Patience)) break;
        var generation = service.Services.GetRequiredService<GenerationService>().Find(id)!;
        Assert.NotEqual(FrameDemand.None, generation.Demand(0, 7));
        await hub.InvokeAsync("SetFrameOptions", Patience, id, new { every = 11 });
        Assert.Equal((FrameDemand.None, FrameDemand.None), (generation.Demand(0, 7), generation.Demand(0, 100)));
        await hub.EndAsync(stream, Patience);
        await EndedAsync(id, GenerationState.Canceled);
    }

    [Fact]
    public async Task SetFrameOptions_OfAStreamThatHasEnded_SaysThatThereIsNone()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var id = "";
        await foreach (var e in hub.ItemsAsync(await hub.StartAsync("Generate", Patience, new { steps = 1 }), Patience)) id = e.GetProperty("id").GetString()!;
        var error = await Assert.ThrowsAsync<HubError>(() => hub.InvokeAsync("SetFrameOptions", Patience, id, new { every = 1 }));
        Assert.Equal("/problems/unknown-generation", error.Problem.Type);
    }

    [Fact]
    public async Task Cancel_OfADurableGeneration_IsRecorded()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        var id = await (await service.Http.PostAsync($"/v1/generations?model={Service.Long}&sampler=ddpm&steps=1000&n=16", ("Prefer", "respond-async"))).IdAsync();
        await hub.InvokeAsync("Cancel", Patience, id);
        await service.Http.UntilAsync(id, "canceled");
        await hub.InvokeAsync("Cancel", Patience, id);
    }

    [Fact]
    public async Task Watch_WhenTheWatcherLeaves_GoesOn()
    {
        await using var hub = await HubClient.ConnectAsync(service.Server, Patience);
        await using var watcher = await HubClient.ConnectAsync(service.Server, Patience);
        var (_, id) = await StartLongAsync(hub);
        await foreach (var unused in watcher.ItemsAsync(await watcher.StartAsync("Watch", Patience, id, 0), Patience)) break;
        watcher.Abort();
        var generation = service.Services.GetRequiredService<GenerationService>().Find(id)!;
        await using var second = await HubClient.ConnectAsync(service.Server, Patience);
        await foreach (var e in second.ItemsAsync(await second.StartAsync("Watch", Patience, id, 0), Patience))
            if (TypeOf(e) == "frame") break;
        Assert.Equal(GenerationState.Running, generation.State);
    }

    private async Task<(string Stream, string Id)> StartLongAsync(HubClient hub)
    {
        var stream = await hub.StartAsync("Generate", Patience, new { model = Service.Long, sampler = "ddpm", steps = 1000, n = 16, frames = new { every = 100 } });
        await foreach (var e in hub.ItemsAsync(stream, Patience)) return (stream, e.GetProperty("id").GetString()!);
        throw new InvalidOperationException("The stream ended at once.");
    }

    private async Task EndedAsync(string id, GenerationState state)
    {
        var generation = service.Services.GetRequiredService<GenerationService>().Find(id)!;
        await foreach (var unused in generation.WatchAsync(FrameOptions.None, cancellationToken: Patience)) { }
        Assert.Equal(state, generation.State);
    }
}
