using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Diffusion.Api.Streams;

/// <summary>What all streams of server-sent events have in common.</summary>
internal static class EventStream
{
    public const string MediaType = "text/event-stream";

    /// <summary>Longest silence.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Whether a caller asked for events rather than for pictures.</summary>
    public static bool IsAccepted(HttpRequest request) => request.GetTypedHeaders().Accept is [{ MediaType.Value: MediaType }];
}

/// <summary>
/// Events as server-sent events. Those with an id let a client that comes back with Last-Event-ID miss none. A comment now
/// and then keeps the connection open.
/// </summary>
/// <typeparam name="T">The events, as JSON knows them.</typeparam>
/// <param name="read">Where they come from.</param>
/// <param name="describe">Name and, if it has one, id of an event.</param>
/// <param name="time">For the comments.</param>
/// <param name="json">As the hub writes them.</param>
internal sealed class EventStream<T>(
    Func<CancellationToken, IAsyncEnumerable<T>> read, Func<T, (string Name, string? Id)> describe, TimeProvider time, JsonSerializerOptions json) : IResult
{
    /// <summary>Headers of the answer beyond those that every stream has.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Called when the stream has ended, whoever ended it.</summary>
    public Action? Ended { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = EventStream.MediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        foreach (var (name, value) in Headers) response.Headers[name] = value;
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted);
        try
        {
            await WriteAsync(response.BodyWriter, left);
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // the reader left; there is nobody to tell
        }
        finally
        {
            Ended?.Invoke();
        }
    }

    private async Task WriteAsync(PipeWriter body, CancellationTokenSource left)
    {
        Write(body, "retry: 1000\n\n");
        await body.FlushAsync(left.Token);
        await using var events = read(left.Token).GetAsyncEnumerator(left.Token);
        Task<bool>? coming = null;
        try
        {
            while (true)
            {
                coming ??= events.MoveNextAsync().AsTask();
                if (!coming.IsCompleted) await body.FlushAsync(left.Token);
                bool more;
                try
                {
                    more = await coming.WaitAsync(EventStream.Heartbeat, time, left.Token);
                }
                catch (TimeoutException)
                {
                    Write(body, ":\n\n");
                    continue;
                }
                coming = null;
                if (!more) break;
                Write(body, events.Current);
                // a reader that takes no more makes this wait, and frames pass it by
                await body.FlushAsync(left.Token);
            }
        }
        finally
        {
            await left.CancelAsync();
            // an enumerator must not be disposed while it moves
            if (coming is not null) await coming.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Write(PipeWriter body, T happened)
    {
        var (name, id) = describe(happened);
        Write(body, $"event: {name}\n");
        if (id is not null) Write(body, $"id: {id}\n");
        Write(body, "data: ");
        using (var writer = new Utf8JsonWriter(body)) JsonSerializer.Serialize(writer, happened, json);
        Write(body, "\n\n");
    }

    private static void Write(PipeWriter body, string text)
    {
        var written = Encoding.UTF8.GetBytes(text, body.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        body.Advance(written);
    }
}
