using System.Globalization;
using System.Security.Cryptography;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Streams;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>What a training job leaves behind as it goes on: metrics, samples, events.</summary>
internal static class TrainingRecordEndpoints
{
    public const int MostColumns = 40, UsualColumns = 12, MostRows = 20, UsualRows = 10;

    private const int TagBytes = 12;

    public static void MapTrainingRecords(this IEndpointRouteBuilder routes)
    {
        var job = routes.MapGroup("/v1/training-jobs/{id}").WithTags("Training").RequireScope(Scopes.Train);
        job.MapGet("/metrics", Metrics).WithName("GetTrainingMetrics").WithSummary("The curves of a job as NDJSON, one logged step a line.")
            .Produces(200, contentType: MetricsStream.MediaType).ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);
        job.MapGet("/events", (string id, HttpContext http, TrainingEvents events) => events.Watch(id, http)).AllowKeyInQuery().WithName("GetTrainingEvents")
            .WithSummary("What happens to a job as it happens, as server-sent events: its life, its metrics, its samples.")
            .Produces(200, contentType: EventStream.MediaType).Produces(204).ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);
        job.MapGet("/samples", Samples).WithName("ListTrainingSamples").WithSummary("The grids of samples that a job has made, by step.").ProducesProblem(404);
        job.MapGet("/samples/{step}.png", Sample).WithName("GetTrainingSample").WithSummary("The grid of samples of a step; every grid of a job has the same seeds and labels.")
            .Produces(200, contentType: "image/png").Produces(304).ProducesProblem(404);
        job.MapGet("/strip.png", Strip).WithName("GetTrainingStrip").WithSummary("How the same seeds look as the job goes on: a row for each seed, a column for each of some grids.")
            .Produces(200, contentType: "image/png").Produces(304).ProducesProblem(400).ProducesProblem(404);
    }

    private static IResult Metrics(string id, HttpContext http, TrainingQueue queue, TrainingRecords records, StreamPlaces places)
    {
        var job = queue.Known(id);
        var query = new TrainingQuery(http.Request, "fromStep", "apart", "follow");
        var (from, apart, follow) = (query.Whole("fromStep", 0, int.MaxValue) ?? 0, query.Whole("apart", 1, int.MaxValue) ?? 1, query.Flag("follow"));
        query.Close();
        return new MetricsStream(records.MetricsAsync(job, from, apart, follow, http.RequestAborted), follow ? places.Take(http) : null);
    }

    private static Ok<KeptSampleResponse[]> Samples(string id, TrainingQueue queue, TrainingRecords records) =>
        TypedResults.Ok(records.Samples(queue.Known(id)).Select(g => new KeptSampleResponse(g.Step, g.At, g.Bytes, SampleResponse.PictureOf(id, g.Step))).ToArray());

    private static IResult Sample(string id, string step, HttpContext http, TrainingQueue queue, TrainingRecords records)
    {
        var job = queue.Known(id);
        var picture = int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? records.Sample(job, number) : null;
        return Picture(http, picture ?? throw new RequestRefusedException(ProblemCatalogue.NotFound, $"Training job {id} has no samples of step '{step}'; GET {TrainingJobResponse.PathOf(id)}/samples lists them."));
    }

    private static IResult Strip(string id, HttpContext http, TrainingQueue queue, TrainingRecords records)
    {
        var job = queue.Known(id);
        var query = new TrainingQuery(http.Request, "columns", "rows");
        var (columns, rows) = (query.Whole("columns", 1, MostColumns) ?? UsualColumns, query.Whole("rows", 1, MostRows) ?? UsualRows);
        query.Close();
        return Picture(http, records.Strip(job, columns, rows) ?? throw new RequestRefusedException(ProblemCatalogue.NotFound, $"Training job {id} has made no samples; every.sample in its file says how often it does."));
    }

    private static FileContentHttpResult Picture(HttpContext http, byte[] png)
    {
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Bytes(png, "image/png", entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(png).AsSpan(0, TagBytes))}\""));
    }
}
