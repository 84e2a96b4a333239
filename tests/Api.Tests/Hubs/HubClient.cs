using System.Globalization;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.TestHost;

namespace Diffusion.Api.Tests.Hubs;

/// <summary>
/// A client of a SignalR hub over one WebSocket, JSON protocol version 1, written from its specification: every message
/// ends with 0x1E; 1 invokes, 2 is an item of a stream, 3 completes, 4 starts a stream, 5 ends one, 6 is a ping.
/// One call at a time may be read.
/// </summary>
internal sealed class HubClient : IAsyncDisposable
{
    private const char End = '\u001e';

    private readonly WebSocket socket;
    private readonly byte[] buffer = new byte[1 << 16];
    private readonly Queue<JsonElement> read = new();
    private readonly StringBuilder partial = new();
    private int calls;

    private HubClient(WebSocket socket) => this.socket = socket;

    public static async Task<HubClient> ConnectAsync(TestServer server, CancellationToken cancellationToken, string query = "", string hub = "generation")
    {
        return await GreetAsync(await server.CreateWebSocketClient().ConnectAsync(new Uri(server.BaseAddress, $"hubs/{hub}{query}"), cancellationToken), cancellationToken);
    }

    /// <summary>The same over the network.</summary>
    public static async Task<HubClient> ConnectAsync(Uri service, CancellationToken cancellationToken, string hub = "generation")
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(service) { Scheme = "ws", Path = $"hubs/{hub}" }.Uri, cancellationToken);
        return await GreetAsync(socket, cancellationToken);
    }

    private static async Task<HubClient> GreetAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var client = new HubClient(socket);
        await client.SendAsync(new { protocol = "json", version = 1 }, cancellationToken);
        Assert.Equal("{}", (await client.ReadAsync(cancellationToken)).GetRawText());
        return client;
    }

    /// <summary>Starts a stream; returns its id.</summary>
    public async Task<string> StartAsync(string method, CancellationToken cancellationToken, params object[] arguments)
    {
        var id = (++calls).ToString(CultureInfo.InvariantCulture);
        await SendAsync(new { type = 4, invocationId = id, target = method, arguments }, cancellationToken);
        return id;
    }

    /// <summary>The items of a stream; a completion with an error throws <see cref="HubError"/>.</summary>
    public async IAsyncEnumerable<JsonElement> ItemsAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await ReadAsync(cancellationToken);
            if (message.GetProperty("type").GetInt32() == 7) throw new HubError(message.GetRawText());
            if (!message.TryGetProperty("invocationId", out var of) || of.GetString() != id) continue;
            if (message.GetProperty("type").GetInt32() == 2) yield return message.GetProperty("item");
            else if (message.TryGetProperty("error", out var error)) throw new HubError(error.GetString()!);
            else yield break;
        }
    }

    /// <summary>Calls a method without a result.</summary>
    public async Task InvokeAsync(string method, CancellationToken cancellationToken, params object[] arguments)
    {
        var id = (++calls).ToString(CultureInfo.InvariantCulture);
        await SendAsync(new { type = 1, invocationId = id, target = method, arguments }, cancellationToken);
        await foreach (var unused in ItemsAsync(id, cancellationToken)) Assert.Fail($"{method} gave {unused}.");
    }

    /// <summary>Calls a method without waiting for what it answers.</summary>
    public Task SendAsync(string method, CancellationToken cancellationToken, params object[] arguments) => SendAsync(new { type = 1, target = method, arguments }, cancellationToken);

    /// <summary>Ends a stream that was started.</summary>
    public Task EndAsync(string id, CancellationToken cancellationToken) => SendAsync(new { type = 5, invocationId = id }, cancellationToken);

    /// <summary>Breaks the connection off.</summary>
    public void Abort() => socket.Abort();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task SendAsync(object message, CancellationToken cancellationToken) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message) + End), WebSocketMessageType.Text, true, cancellationToken);

    private async Task<JsonElement> ReadAsync(CancellationToken cancellationToken)
    {
        while (read.Count == 0)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close) throw new HubError("closed");
            partial.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
            var messages = partial.ToString().Split(End);
            foreach (var message in messages[..^1]) read.Enqueue(JsonDocument.Parse(message).RootElement);
            partial.Clear().Append(messages[^1]);
        }
        return read.Dequeue();
    }
}

/// <summary>What a hub answered instead of a result.</summary>
internal sealed class HubError(string message) : Exception(message)
{
    /// <summary>The problem in the message.</summary>
    public ProblemAnswer Problem => JsonSerializer.Deserialize<ProblemAnswer>(Message[Message.IndexOf('{', StringComparison.Ordinal)..], JsonSerializerOptions.Web)!;
}
