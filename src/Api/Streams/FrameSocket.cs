using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;

namespace Diffusion.Api.Streams;

/// <summary>
/// The events of a generation over a WebSocket: lifecycle events as JSON text, frames as <see cref="FrameMessage"/>. The
/// first message of the client says what it wants, see <see cref="SocketOpening"/>; later it may send <c>{"frames": {...}}</c> for other frames and <c>{"cancel": true}</c>; what is wrong is answered with
/// <c>{"type": "problem", "problem": {...}}</c> and changes nothing.
/// </summary>
internal sealed class FrameSocket(WebSocket socket, JsonSerializerOptions json, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim sending = new(1);

    /// <summary>The next message of the client, parsed; null when it closed the connection.</summary>
    /// <exception cref="RequestRefusedException">Not text, too long, or not JSON.</exception>
    public async Task<JsonElement?> ReceiveAsync(int limit, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(limit + 1);
        try
        {
            var length = 0;
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length, limit + 1 - length), cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close) return null;
                length += part.Count;
                if (length > limit) throw new RequestRefusedException(ProblemCatalogue.TooLarge, $"A message may have up to {limit} bytes.");
                if (!part.EndOfMessage) continue;
                if (part.MessageType != WebSocketMessageType.Text) throw new RequestRefusedException(ProblemCatalogue.UnsupportedMedia, "Send text messages.");
                return JsonBody.Parse(buffer.AsMemory(0, length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends everything up to the final event, and obeys the client meanwhile. Returns when either side is done.</summary>
    public async Task RunAsync(EventTap tap, Func<Task> cancel, int limit, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = ListenAsync(tap, cancel, limit, over.Token);
        var telling = TellAsync(tap, over.Token);
        try
        {
            if (await Task.WhenAny(listening, telling) == telling)
            {
                var last = await telling;
                await CloseAsync(last is { IsFinal: true } ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.EndpointUnavailable, last is null ? "" : EventNames.Of(last), listening, cancellationToken);
            }
            else
            {
                await listening;
                await CloseAsync(WebSocketCloseStatus.NormalClosure, "", Task.CompletedTask, cancellationToken);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(EndAsync(listening), EndAsync(telling));
        }
    }

    /// <summary>Tells a problem, and closes with its slug.</summary>
    public async Task RefuseAsync(Failure failure, CancellationToken cancellationToken)
    {
        await TellAsync(failure, cancellationToken);
        var status = failure.Problem == ProblemCatalogue.TooLarge ? WebSocketCloseStatus.MessageTooBig : WebSocketCloseStatus.PolicyViolation;
        await socket.CloseOutputAsync(status, failure.Problem.Slug, cancellationToken);
    }

    public void Dispose() => sending.Dispose();

    private async Task<GenerationEvent?> TellAsync(EventTap tap, CancellationToken cancellationToken)
    {
        GenerationEvent? last = null;
        await foreach (var happened in tap.ReadAsync(cancellationToken))
        {
            last = happened;
            if (happened is FrameEvent frame) await SendAsync(frame, cancellationToken);
            else await SendAsync(JsonSerializer.SerializeToUtf8Bytes(happened, json), WebSocketMessageType.Text, cancellationToken);
        }
        return last;
    }

    private async Task ListenAsync(EventTap tap, Func<Task> cancel, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await ReceiveAsync(limit, cancellationToken) is not { } message) return;
                await ObeyAsync(message, tap, cancel);
            }
            catch (Exception wrong) when (wrong is RequestRefusedException or GenerationRefusedException or StoreUnavailableException)
            {
                await TellAsync(Failure.Of(wrong), cancellationToken);
                // what is left of a message that is too long cannot be told from the next one
                if (wrong is RequestRefusedException { Problem: var problem } && problem == ProblemCatalogue.TooLarge)
                {
                    await CloseAsync(WebSocketCloseStatus.MessageTooBig, problem.Slug, Task.CompletedTask, cancellationToken);
                    return;
                }
            }
        }
    }

    private static async Task ObeyAsync(JsonElement message, EventTap tap, Func<Task> cancel)
    {
        if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty(FrameFields.Name, out var frames)) tap.Watcher?.Change(FrameFields.Read(frames).Frames);
        else if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("cancel", out var asked) && asked.ValueKind == JsonValueKind.True) await cancel();
        else throw RequestRefusedException.Invalid([new FieldError("", "A message is {\"frames\": {...}} or {\"cancel\": true}.")]);
    }

    private Task TellAsync(Failure failure, CancellationToken cancellationToken) => SendAsync(
        JsonSerializer.SerializeToUtf8Bytes(new { type = "problem", problem = failure.ToDetails(null, null) }, json), WebSocketMessageType.Text, cancellationToken);

    private async Task SendAsync(FrameEvent frame, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrameMessage.LengthOf(frame));
        try
        {
            foreach (var (kind, pixels) in FrameMessage.KindsOf(frame))
            {
                FrameMessage.Write(frame, kind, pixels, buffer);
                await SendAsync(buffer.AsMemory(0, FrameMessage.LengthOf(frame)), WebSocketMessageType.Binary, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(message, type, endOfMessage: true, cancellationToken);
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task CloseAsync(WebSocketCloseStatus status, string reason, Task answer, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, cancellationToken);
        }
        finally
        {
            sending.Release();
        }
        // the client answers a close; one that does not is not waited for
        await Task.WhenAny(answer, Task.Delay(Farewell, time, cancellationToken));
    }

    // the connection broke or its end was asked for: the caller knows already
    private static async Task EndAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException)
        {
        }
    }
}
