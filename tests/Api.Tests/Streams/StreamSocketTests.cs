using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Streams;

[Collection(SharedService.Name)]
public sealed class StreamSocketTests(Service service) : IDisposable
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    private CancellationToken Patience => patience.Token;

    public void Dispose() => patience.Dispose();

    private const string LongRequest = """{"generate":{"model":"marathon","sampler":"ddpm","steps":1000,"n":16,"frames":{"every":100}}}""";

    private async Task<WebSocket> ConnectAsync(string first)
    {
        var socket = await service.Server.CreateWebSocketClient().ConnectAsync(new Uri(service.Server.BaseAddress, "v1/stream"), Patience);
        await SendAsync(socket, first);
        return socket;
    }

    private Task SendAsync(WebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Patience);

    /// <summary>The next message: its text, or its bytes; both null for the close.</summary>
    private async Task<(JsonElement? Text, byte[]? Frame)> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), Patience);
            if (part.MessageType == WebSocketMessageType.Close) return (null, null);
            length += part.Count;
            if (!part.EndOfMessage) continue;
            return part.MessageType == WebSocketMessageType.Text ? (JsonDocument.Parse(buffer.AsMemory(0, length)).RootElement, null) : (null, buffer[..length]);
        }
    }

    private async Task ClosedAsync(WebSocket socket)
    {
        var (text, frame) = await ReceiveAsync(socket);
        Assert.True(text is null && frame is null);
    }

    private async Task<(List<string> Types, List<byte[]> Frames)> AllAsync(WebSocket socket)
    {
        var (types, frames) = (new List<string>(), new List<byte[]>());
        while (true)
        {
            var (text, frame) = await ReceiveAsync(socket);
            if (text is { } happened) types.Add(happened.GetProperty("type").GetString()!);
            else if (frame is not null) frames.Add(frame);
            else return (types, frames);
        }
    }

    [Fact]
    public async Task Generate_Frames_AreAsTheLayoutSays()
    {
        using var socket = await ConnectAsync("""{"generate":{"model":"shapes","steps":3,"n":2,"seed":11}}""");
        var (types, frames) = await AllAsync(socket);
        Assert.Equal(["queued", "started", "completed"], types);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        Assert.Equal("completed", socket.CloseStatusDescription);
        Assert.All(frames, f => Assert.Equal((24 + 64, 1, 1, 8, 8), (f.Length, f[0], f[2], BinaryPrimitives.ReadUInt16LittleEndian(f.AsSpan(4)), BinaryPrimitives.ReadUInt16LittleEndian(f.AsSpan(6)))));
        // the last x_t of each picture is the picture of the same seed
        var pixels = await (await service.GenerateAsync("model=shapes&steps=3&n=2&seed=11&format=u8")).Content.ReadAsByteArrayAsync();
        for (var i = 0; i < 2; i++)
        {
            var last = frames.Last(f => f[1] == 0 && Number(f, 8) == i);
            Assert.Equal(3, Number(last, 12));
            Assert.Equal(pixels[(64 * i)..(64 * i + 64)], last[24..]);
        }
        Assert.Contains(frames, f => f[1] == 1);
    }

    [Fact]
    public async Task Generate_WhenTheClientCloses_IsCanceled()
    {
        using var socket = await ConnectAsync(LongRequest);
        var id = (await ReceiveAsync(socket)).Text!.Value.GetProperty("id").GetString()!;
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Patience);
        await EndedAsync(id, GenerationState.Canceled);
    }

    [Fact]
    public async Task Generate_WhenTheConnectionBreaks_IsCanceled()
    {
        using var socket = await ConnectAsync(LongRequest);
        var id = (await ReceiveAsync(socket)).Text!.Value.GetProperty("id").GetString()!;
        socket.Abort();
        await EndedAsync(id, GenerationState.Canceled);
    }

    [Fact]
    public async Task Messages_WhileItRuns_ChangeTheFramesAndCancel()
    {
        using var socket = await ConnectAsync(LongRequest);
        await SendAsync(socket, """{"frames":{"every":1,"kinds":["memory"]}}""");
        await SendAsync(socket, "nonsense");
        await SendAsync(socket, """{"cancel":false}""");
        var problems = new List<string>();
        while (problems.Count < 3)
            if ((await ReceiveAsync(socket)).Text is { } text && text.GetProperty("type").GetString() == "problem") problems.Add(text.GetProperty("problem").GetProperty("type").GetString()!);
        Assert.Equal(["/problems/validation", "/problems/malformed-json", "/problems/validation"], problems);
        await SendAsync(socket, """{"frames":{"every":1,"kinds":["x0"],"samples":[3]}}""");
        while (true)
            if ((await ReceiveAsync(socket)).Frame is { } frame && Number(frame, 8) == 3 && frame[1] == 1 && Number(frame, 12) % 100 != 0) break;
        await SendAsync(socket, """{"cancel":true}""");
        Assert.Equal("canceled", (await AllAsync(socket)).Types[^1]);
    }

    [Fact]
    public async Task Watch_AFinishedGeneration_ReplaysFromTheSequence()
    {
        var id = await (await service.Http.PostAsync("/v1/generations?steps=2", ("Prefer", "wait=60"))).IdAsync();
        using var socket = await ConnectAsync($$"""{"watch":"{{id}}","from":2,"frames":"none"}""");
        Assert.Equal(["started", "completed"], (await AllAsync(socket)).Types);
    }

    [Theory]
    [InlineData("{}", "validation")]
    [InlineData("[]", "validation")]
    [InlineData("{", "malformed-json")]
    [InlineData("""{"generate":{"steps":0}}""", "validation")]
    [InlineData("""{"generate":{},"watch":"gen_0"}""", "validation")]
    [InlineData("""{"watch":"gen_0"}""", "unknown-generation")]
    [InlineData("""{"watch":"gen_0","from":-1}""", "validation")]
    public async Task FirstMessage_Wrong_IsAnsweredWithTheProblem(string message, string slug)
    {
        using var socket = await ConnectAsync(message);
        var problem = (await ReceiveAsync(socket)).Text!.Value;
        Assert.Equal(("problem", "/problems/" + slug), (problem.GetProperty("type").GetString(), problem.GetProperty("problem").GetProperty("type").GetString()));
        await ClosedAsync(socket);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        Assert.Equal(slug, socket.CloseStatusDescription);
    }

    [Fact]
    public async Task FirstMessage_TooLong_EndsTheConnection()
    {
        using var socket = await ConnectAsync(new string(' ', 70_000));
        Assert.Equal("/problems/too-large", (await ReceiveAsync(socket)).Text!.Value.GetProperty("problem").GetProperty("type").GetString());
        await ClosedAsync(socket);
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, socket.CloseStatus);
    }

    [Fact]
    public async Task LaterMessage_TooLong_EndsTheConnectionAndTheGeneration()
    {
        using var socket = await ConnectAsync(LongRequest);
        var id = (await ReceiveAsync(socket)).Text!.Value.GetProperty("id").GetString()!;
        await SendAsync(socket, new string(' ', 70_000));
        Assert.Contains("problem", (await AllAsync(socket)).Types);
        Assert.Equal((WebSocketCloseStatus.MessageTooBig, "too-large"), (socket.CloseStatus, socket.CloseStatusDescription));
        await EndedAsync(id, GenerationState.Canceled);
    }

    [Fact]
    public async Task PlainGet_IsToldToUpgrade()
    {
        var answer = await service.Http.GetAsync("/v1/stream");
        Assert.Equal("/problems/upgrade-required", await answer.ProblemAsync(HttpStatusCode.UpgradeRequired));
        Assert.Contains("websocket", answer.Headers.Upgrade.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_FromAPageOfAnotherSite_IsForbidden()
    {
        var client = service.Server.CreateWebSocketClient();
        client.ConfigureRequest = r => r.Headers.Origin = "http://evil.example";
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => client.ConnectAsync(new Uri(service.Server.BaseAddress, "v1/stream"), Patience));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    private static int Number(byte[] message, int at) => BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(at));

    private async Task EndedAsync(string id, GenerationState state)
    {
        var generation = service.Services.GetRequiredService<GenerationService>().Find(id)!;
        await foreach (var unused in generation.WatchAsync(FrameOptions.None, cancellationToken: Patience)) { }
        Assert.Equal(state, generation.State);
    }
}
