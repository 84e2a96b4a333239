using System.Globalization;
using Diffusion.Inference.Quotas;

namespace Diffusion.Api.Access;

/// <summary>
/// RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) on every answer to a caller whose row-steps are
/// limited: what is left, and in how many seconds all of it is there again.
/// </summary>
internal static class QuotaHeaders
{
    private const int WindowSeconds = 60;

    public static void UseQuotaHeaders(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var caller = http.RequestServices.GetRequiredService<Callers>().Of(http);
        if (caller.Allowance?.RowsPerMinute is not null)
            http.Response.OnStarting(() =>
            {
                if (http.RequestServices.GetRequiredService<QuotaLedger>().State(caller.Client, caller.Allowance) is { } state) Write(http.Response.Headers, state);
                return Task.CompletedTask;
            });
        return next(http);
    });

    private static void Write(IHeaderDictionary headers, QuotaState state)
    {
        var seconds = Math.Max(0, (int)Math.Ceiling(state.ResetsIn.TotalSeconds));
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{state.Unit}\";q={state.Limit};w={WindowSeconds}");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{state.Unit}\";r={Math.Max(0, state.Limit - state.Used)};t={seconds}");
    }
}
