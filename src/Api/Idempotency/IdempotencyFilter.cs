using Diffusion.Api.Access;
using Diffusion.Api.Errors;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.Http.Features;

namespace Diffusion.Api.Idempotency;

/// <summary>
/// Same key and same request: the same answer again, for a day and over restarts. Only answers that created something
/// are kept; after any other the key may be used again. Handlers read their body themselves, after this filter.
/// </summary>
internal sealed partial class IdempotencyFilter(AnswerLedger ledger, Callers callers, ILogger<IdempotencyFilter> log) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (IdempotencyKey.Of(http.Request) is not { } key) return await next(context);
        var fingerprint = await IdempotencyKey.FingerprintAsync(http.Request, http.RequestAborted);
        using var claim = ledger.Claim(IdempotencyKey.ScopeOf(callers.Of(http).Client, http.Request, key), fingerprint);
        switch (claim.Outcome)
        {
            case AnswerOutcome.Replay:
                return new ReplayedAnswer(claim.Answer!, isRepetition: true);
            case AnswerOutcome.InProgress:
                throw new RequestRefusedException(ProblemCatalogue.IdempotencyInProgress, $"The first request with {IdempotencyKey.Header} '{key}' has not been answered yet.");
            case AnswerOutcome.Reused:
                throw new RequestRefusedException(ProblemCatalogue.IdempotencyKeyReused, $"{IdempotencyKey.Header} '{key}' stands for a request with other contents.");
        }
        http.Features.Set(claim);
        var answer = await CaptureAsync(http, await next(context));
        if (answer.Status is >= 200 and < 300) await KeepAsync(claim, answer);
        return new ReplayedAnswer(answer, isRepetition: false);
    }

    private async Task KeepAsync(AnswerClaim claim, KeptAnswer answer)
    {
        if (answer.Body.Length > ledger.MostBytes)
        {
            LogTooLarge(answer.Body.Length, ledger.MostBytes);
            return;
        }
        try
        {
            await ledger.KeepAsync(claim, answer);
        }
        catch (StoreUnavailableException failure)
        {
            // what was asked for is done; only a repetition would not know it
            LogNotKept(failure, failure.Message);
        }
    }

    private static async Task<KeptAnswer> CaptureAsync(HttpContext http, object? result)
    {
        var outlet = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var body = new MemoryStream();
        var inlet = new StreamResponseBodyFeature(body);
        http.Features.Set<IHttpResponseBodyFeature>(inlet);
        try
        {
            await ((IResult)result!).ExecuteAsync(http);
            await inlet.CompleteAsync();
        }
        finally
        {
            http.Features.Set(outlet);
        }
        return new KeptAnswer(http.Response.StatusCode, http.Response.Headers.ToDictionary(h => h.Key, h => h.Value.ToString()), body.ToArray());
    }

    [LoggerMessage(1, LogLevel.Warning, "An answer of {Bytes} bytes is not kept for its Idempotency-Key; the limit is {Limit}.")]
    private partial void LogTooLarge(long bytes, long limit);

    [LoggerMessage(2, LogLevel.Warning, "An answer is not kept for its Idempotency-Key: {Reason}")]
    private partial void LogNotKept(Exception cause, string reason);

    private sealed class ReplayedAnswer(KeptAnswer answer, bool isRepetition) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            foreach (var (name, value) in answer.Headers) response.Headers[name] = value;
            if (isRepetition) response.Headers["Idempotency-Replayed"] = "true";
            await response.Body.WriteAsync(answer.Body, httpContext.RequestAborted);
        }
    }
}

/// <summary>For endpoints.</summary>
internal static class Idempotencies
{
    /// <summary>Lets callers repeat a POST safely. The handler must read its body itself and answer with an <see cref="IResult"/>.</summary>
    public static RouteHandlerBuilder Idempotent(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter<IdempotencyFilter>().WithMetadata(new IdempotentAttribute());
}

/// <summary>Marks endpoints that know the header Idempotency-Key.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class IdempotentAttribute : Attribute;
