using System.Globalization;
using System.Text.Json;
using Diffusion.Api.Access;
using Diffusion.Api.Comparisons;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Pictures;
using Diffusion.Imaging;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary><c>POST /v1/comparisons</c>: the same seeds by several samplers, side by side, with the wall time of each.</summary>
internal sealed class ComparisonEndpoint(Comparison comparison, Callers callers, GenerationLog log, IOptions<ApiOptions> options)
{
    /// <summary>Wall time of each run, in their order.</summary>
    public const string TimeHeader = "X-Sample-Milliseconds";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/comparisons", (HttpContext http, ComparisonEndpoint endpoint) => endpoint.AnswerAsync(http))
            .Idempotent().RequireScope(Scopes.Generate).WithName("Compare").WithTags("Generation").WithSummary("The same seeds by several settings, side by side, with the wall time of each.");

    private async Task<IResult> AnswerAsync(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        JsonBody.RequireObject(body);
        var command = ComparisonCommand.Read(body ?? throw RequestRefusedException.Invalid([ComparisonCommand.Missing]));
        var format = command.Format ?? PictureFormat.Accepted(http.Request.Headers.Accept!, ComparisonCommand.Formats) ?? throw new RequestRefusedException(
            ProblemCatalogue.FormatUnavailable, $"Accept is '{http.Request.Headers.Accept}'; available are {string.Join(", ", ComparisonCommand.Formats.Select(f => f.MediaType))}.");
        var runs = await comparison.RunAsync(command with { Format = format }, r => callers.Sign(r, http), g => log.Ended(g, "http"), http.RequestAborted);
        var headers = http.Response.Headers;
        headers["X-Seed"] = runs[0].Facts.Seed.ToString(CultureInfo.InvariantCulture);
        headers[TimeHeader] = string.Join(", ", runs.Select(r => r.Result.SampleMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)));
        headers.CacheControl = "no-store";
        return format == PictureFormat.Json
            ? TypedResults.Bytes(JsonSerializer.SerializeToUtf8Bytes(ComparisonResponse.Of(runs, command.Scale), JsonFormat.Indented), format.MediaType)
            : TypedResults.Bytes(ImageEncoder.Encode(Comparison.SideBySide(runs, command.Scale), format.Name), format.MediaType);
    }
}
