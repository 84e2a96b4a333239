using System.Diagnostics;
using System.Globalization;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Pictures;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The simplest call: <c>POST /generate</c> waits for the pictures and answers with them.</summary>
internal sealed class GenerateEndpoint(GenerationService generations, ModelRegistry models, Callers callers, GenerationLog log, IOptions<ApiOptions> options)
{
    /// <summary>Pixels of one answer, so that a scale cannot ask for gigabytes.</summary>
    private const long MaxPixels = 1 << 26;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/generate", (HttpContext http, GenerateEndpoint endpoint) => endpoint.AnswerAsync(http))
            .RequireScope(Scopes.Generate).WithName("Generate").WithTags("Generation").WithSummary("Generates pictures and waits for them.");

    private async Task<IResult> AnswerAsync(HttpContext http)
    {
        var command = await ReadAsync(http.Request, http.RequestAborted);
        var format = command.Format ?? PictureFormat.Accepted(http.Request.Headers.Accept!) ?? throw new RequestRefusedException(
            ProblemCatalogue.FormatUnavailable, $"Accept is '{http.Request.Headers.Accept}'; available are {string.Join(", ", PictureFormat.All.Select(f => f.MediaType))}.");
        var generation = generations.Submit(callers.Sign(command.Request, http));
        try
        {
            RefuseTooManyPixels(generation, command.Scale);
            var result = await generation.Completion.WaitAsync(http.RequestAborted);
            var started = Stopwatch.GetTimestamp();
            var body = PictureParcel.Pack(generation, result, format, command.Scale);
            Describe(http.Response.Headers, generation, result, Stopwatch.GetElapsedTime(started));
            http.Response.Headers.ContentDisposition = $"inline; filename=\"{PictureParcel.FileName(generation, format)}\"";
            return TypedResults.Bytes(body, format.MediaType);
        }
        finally
        {
            // nobody is left to take the pictures; after the end this does nothing
            generation.Cancel();
            log.Ended(generation, "http");
        }
    }

    private async Task<GenerateCommand> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = RequestFields.OfQuery(request.Query);
        if (await JsonBody.ReadAsync(request, options.Value.MaxBodyBytes, cancellationToken) is { } body)
            fields = RequestFields.Merge(fields, RequestFields.OfJson(body));
        return GenerateFields.Read(fields);
    }

    private void RefuseTooManyPixels(Generation generation, int scale)
    {
        var side = (long)(models.Describe(generation.Model)?.Manifest.Network.ImageSize ?? 0) * scale;
        if (scale > 1 && side * side * generation.Count > MaxPixels)
            throw RequestRefusedException.Invalid([new FieldError("scale", $"{generation.Count} pictures of {side}x{side} pixels are more than {MaxPixels} pixels; take a smaller scale or n.")]);
    }

    private static void Describe(IHeaderDictionary headers, Generation generation, GenerationResult result, TimeSpan encoding)
    {
        headers["X-Generation-Id"] = generation.Id;
        headers["X-Seed"] = generation.Seed.ToString(CultureInfo.InvariantCulture);
        headers["X-Model"] = PictureParcel.NameOf(generation);
        headers["X-Sampler"] = generation.Sampler;
        headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"queue;dur={result.QueueMilliseconds:0.###}, sample;dur={result.SampleMilliseconds:0.###}, encode;dur={encoding.TotalMilliseconds:0.###}");
        headers.CacheControl = "no-store";
    }
}
