using System.IO.Pipelines;
using Diffusion.Training.Live;
using Microsoft.AspNetCore.Http.Features;

namespace Diffusion.Api.Streams;

/// <summary>Metric lines as NDJSON. The next ones are read when the reader has taken those before.</summary>
/// <param name="lines">Where they come from.</param>
/// <param name="place">Given back at the end; null where the answer does not wait for anything.</param>
internal sealed class MetricsStream(IAsyncEnumerable<IReadOnlyList<MetricsLine>> lines, IDisposable? place) : IResult
{
    public const string MediaType = "application/x-ndjson";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = MediaType;
        httpContext.Response.Headers.CacheControl = "no-store";
        httpContext.Response.Headers["X-Accel-Buffering"] = "no";
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await WriteAsync(httpContext.Response.BodyWriter, httpContext.RequestAborted);
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // the reader left; there is nobody to tell
        }
        finally
        {
            place?.Dispose();
        }
    }

    private async Task WriteAsync(PipeWriter body, CancellationToken left)
    {
        await body.FlushAsync(left);
        await foreach (var some in lines.WithCancellation(left))
        {
            foreach (var line in some)
            {
                var span = body.GetSpan(line.Text.Length + 1);
                line.Text.Span.CopyTo(span);
                span[line.Text.Length] = (byte)'\n';
                body.Advance(line.Text.Length + 1);
            }
            await body.FlushAsync(left);
        }
    }
}
