using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Diffusion.Api.Errors;

/// <summary>The one place where a failure becomes an HTTP answer.</summary>
internal sealed partial class FailureHandler(ILogger<FailureHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }
        var failure = Failure.Of(exception);
        if (failure.Problem == ProblemCatalogue.Internal) LogFailure(http.Request.Method, http.Request.Path, exception);
        try
        {
            await WriteAsync(http, failure);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // the caller left while it was told; there is nobody to tell
        }
        return true;
    }

    /// <summary>Gives an answer that has a status and no body the problem that explains it.</summary>
    public static Task ExplainStatusAsync(StatusCodeContext context)
    {
        var problem = ProblemCatalogue.OfStatus(context.HttpContext.Response.StatusCode);
        var detail = $"{context.HttpContext.Request.Method} {context.HttpContext.Request.Path}: {problem.Title}.";
        return WriteAsync(context.HttpContext, new Failure(problem, detail, []), context.HttpContext.Response.StatusCode);
    }

    /// <summary>Writes the problem whatever Accept says: a caller who wanted a picture still has to learn why there is none.</summary>
    public static Task WriteAsync(HttpContext http, Failure failure, int? status = null)
    {
        var details = failure.ToDetails(http.Request.Path, http.TraceIdentifier);
        details.Status = status ?? details.Status;
        http.Response.StatusCode = details.Status!.Value;
        http.Response.Headers.CacheControl = "no-store";
        if (failure.RetryAfterHeader is { } wait) http.Response.Headers.RetryAfter = wait;
        return http.Response.WriteAsJsonAsync(details, options: null, "application/problem+json", http.RequestAborted);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailure(string method, PathString path, Exception exception);
}
