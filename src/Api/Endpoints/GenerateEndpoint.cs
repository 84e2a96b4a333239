using System.Diagnostics;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Pictures;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The simplest call: <c>POST /generate</c> waits for the pictures and answers with them.</summary>
internal sealed class GenerateEndpoint(
    GenerationService generations, GenerationKeeping keeping, GenerationEvents events, ModelRegistry models, Callers callers, GenerationLog log, TimeProvider time, IOptions<ApiOptions> options)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/generate", (HttpContext http, GenerateEndpoint endpoint) => endpoint.AnswerAsync(http))
            .Idempotent().RequireScope(Scopes.Generate).WithName("Generate").WithTags("Generation").WithSummary("Generates pictures and waits for them.");

    private async Task<IResult> AnswerAsync(HttpContext http) =>
        await AnswerAsync(http, await GenerateFields.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted));

    /// <summary>Runs what was read and answers with its pictures.</summary>
    public async Task<IResult> AnswerAsync(HttpContext http, GenerateCommand command)
    {
        var preferences = Preferences.Read(http.Request.Headers);
        if (command.Format is null && EventStream.IsAccepted(http.Request)) return Stream(command, http);
        var format = command.Format ?? PictureFormat.Accepted(http.Request.Headers.Accept!) ?? throw new RequestRefusedException(
            ProblemCatalogue.FormatUnavailable, $"Accept is '{http.Request.Headers.Accept}'; available are {string.Join(", ", PictureFormat.All.Select(f => f.MediaType))}.");
        var generation = generations.Submit(callers.Sign(command.RequestFor(format), http));
        var kept = false;
        try
        {
            PixelLimit.Check(generation.Count * (format.HoldsFrames ? 1 + generation.RecordedFrames : 1), models.Describe(generation.Model)?.Manifest.Network.ImageSize ?? 0, command.Scale);
            if (await FinishAsync(generation, preferences, http.RequestAborted) is not { } result)
            {
                var record = await keeping.KeepAsync(http, generation, ResultQuery.WishesOf(command with { Format = format }));
                kept = true;
                preferences.Echo(http.Response.Headers, answeredLater: true);
                return keeping.Later(http, record);
            }
            var started = Stopwatch.GetTimestamp();
            var body = PictureParcel.Pack(generation.Facts, result, format, command.Scale);
            GenerationResults.Describe(http.Response.Headers, generation.Facts, result, format, Stopwatch.GetElapsedTime(started));
            format.Describe(http.Response.Headers, result);
            preferences.Echo(http.Response.Headers, answeredLater: false);
            http.Response.Headers.CacheControl = "no-store";
            return TypedResults.Bytes(body, format.MediaType);
        }
        finally
        {
            // nobody is left to take the pictures; after the end this does nothing
            if (!kept)
            {
                generation.Cancel();
                log.Ended(generation, "http");
            }
        }
    }

    private IResult Stream(GenerateCommand command, HttpContext http)
    {
        if (IdempotencyKey.Of(http.Request) is not null)
            throw RequestRefusedException.Invalid([new FieldError(IdempotencyKey.Header, "A stream of events cannot be repeated by its key; leave it out, or POST /v1/generations and read its events.")]);
        return events.Generate(command, http);
    }

    /// <summary>The pictures, or null if the caller prefers to fetch them later.</summary>
    private async Task<GenerationResult?> FinishAsync(Generation generation, Preferences preferences, CancellationToken cancellationToken)
    {
        if (preferences is { Wait: null, RespondAsync: true }) return null;
        try
        {
            return await generation.Completion.WaitAsync(preferences.Wait ?? Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
