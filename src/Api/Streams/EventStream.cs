using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Http.Features;

namespace Diffusion.Api.Streams;

/// <summary>
/// The events of a generation as server-sent events. Lifecycle events have their sequence as id, so that a client that
/// comes back with Last-Event-ID misses none; frames have no id. A comment now and then keeps the connection open.
/// </summary>
/// <param name="generation">Whose events.</param>
/// <param name="watcher">Where they come from; disposed at the end.</param>
/// <param name="time">For the comments.</param>
/// <param name="json">As the hub writes them.</param>
internal sealed class EventStream(Generation generation, Watcher watcher, TimeProvider time, JsonSerializerOptions json) : IResult
{
    public const string MediaType = "text/event-stream";

    /// <summary>Longest silence.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Called when the stream has ended, whoever ended it.</summary>
    public Action? Ended { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers["X-Generation-Id"] = generation.Id;
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
            watcher.Dispose();
            Ended?.Invoke();
        }
    }

    private async Task WriteAsync(PipeWriter body, CancellationTokenSource left)
    {
        Write(body, "retry: 1000\n\n");
        await body.FlushAsync(left.Token);
        await using var events = watcher.ReadAsync(left.Token).GetAsyncEnumerator(left.Token);
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
                    more = await coming.WaitAsync(Heartbeat, time, left.Token);
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

    private void Write(PipeWriter body, GenerationEvent happened)
    {
        Write(body, $"event: generation.{EventNames.Of(happened)}\n");
        if (happened is not FrameEvent) Write(body, string.Create(CultureInfo.InvariantCulture, $"id: {happened.Sequence}\n"));
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
