using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Tests.Streams;

/// <summary>Both ends of one WebSocket, without a service.</summary>
public sealed class FrameSocketTests : IDisposable
{
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    public void Dispose() => patience.Dispose();

    [Theory]
    [InlineData(true, WebSocketCloseStatus.NormalClosure, "completed")]
    [InlineData(false, WebSocketCloseStatus.EndpointUnavailable, "queued")]
    public async Task Run_ToTheEndOfTheEvents_ClosesByWhetherItWasTheEndOfTheGeneration(bool isFinal, WebSocketCloseStatus status, string reason)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint, patience.Token);
        using var far = await listener.AcceptTcpClientAsync(patience.Token);
        using var client = WebSocket.CreateFromStream(near.GetStream(), new WebSocketCreationOptions { IsServer = false });
        using var server = WebSocket.CreateFromStream(far.GetStream(), new WebSocketCreationOptions { IsServer = true });
        using var frames = new FrameSocket(server, JsonSerializerOptions.Web, TimeProvider.System);
        GenerationEvent[] past = isFinal ? [new CompletedEvent("gen_x", 1, 0, 0)] : [new QueuedEvent("gen_x", 1, 0, 0)];
        using var tap = new EventTap("gen_x", past, fromSequence: 0);
        var running = frames.RunAsync(tap, () => throw new InvalidOperationException("Nobody asked."), limit: 100, patience.Token);

        var buffer = new byte[1000];
        var told = await client.ReceiveAsync(buffer, patience.Token);
        Assert.Contains("gen_x", Encoding.UTF8.GetString(buffer, 0, told.Count), StringComparison.Ordinal);
        Assert.Equal(WebSocketMessageType.Close, (await client.ReceiveAsync(buffer, patience.Token)).MessageType);
        Assert.Equal((status, reason), (client.CloseStatus, client.CloseStatusDescription));
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        await running.WaitAsync(patience.Token);
    }
}
