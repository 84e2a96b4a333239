using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Hosting;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Endpoints;

/// <summary>What the calls on training jobs do.</summary>
internal static class TrainingCalls
{
    public static async Task<IResult> SubmitAsync(HttpRequest request, TrainingQueue queue, TrainingRuns runs, IOptions<ApiOptions> options)
    {
        var priority = ReadPriority(request);
        var body = await JsonBody.ReadBytesAsync(request, options.Value.MaxBodyBytes, request.HttpContext.RequestAborted);
        JsonBody.ParseCommented(request, body);
        return Accepted(queue.Submit(Encoding.UTF8.GetString(body.Span), priority ?? 0), queue, runs);
    }

    public static async Task<IResult> CloneAsync(string id, HttpRequest request, TrainingQueue queue, TrainingRuns runs, IOptions<ApiOptions> options)
    {
        queue.Known(id);
        var priority = ReadPriority(request);
        var patch = await JsonBody.ReadAsync(request, options.Value.MaxBodyBytes, request.HttpContext.RequestAborted);
        JsonBody.RequireObject(patch);
        return Accepted(queue.Clone(id, patch, priority) ?? throw TrainingEndpoints.Unknown(id), queue, runs);
    }

    public static Ok<TrainingJobPage> List(HttpRequest request, TrainingQueue queue, TrainingRuns runs)
    {
        var query = new TrainingQuery(request, "limit", "cursor", "state");
        var (limit, cursor, state) = query.Page();
        query.Close();
        var rest = queue.Jobs.Reverse().Where(j => (cursor is null || string.CompareOrdinal(j.Id, cursor) < 0) && (state is null || j.State == state));
        var found = rest.Take(limit + 1).ToArray();
        return TypedResults.Ok(new TrainingJobPage([.. found.Take(limit).Select(j => TrainingJobResponse.Of(j, queue, runs))], found.Length > limit ? found[limit - 1].Id : null));
    }

    public static IResult Get(string id, HttpContext http, TrainingQueue queue, TrainingRuns runs, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json)
    {
        var answer = TrainingJobResponse.Whole(queue.Known(id), queue, runs);
        // what it says is what it stands for: progress changes without a change of the record
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(answer, json.Value.SerializerOptions)).AsSpan(0, 8))}\"");
        http.Response.GetTypedHeaders().ETag = tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(answer);
    }

    public static Ok<TrainingJobResponse> Pause(string id, TrainingQueue queue, TrainingRuns runs) => Changed(id, queue.Pause(id), queue, runs);

    public static Ok<TrainingJobResponse> Resume(string id, TrainingQueue queue, TrainingRuns runs) => Changed(id, queue.Resume(id), queue, runs);

    public static Ok<TrainingJobResponse> Cancel(string id, TrainingQueue queue, TrainingRuns runs) => Changed(id, queue.Cancel(id), queue, runs);

    public static async Task<Ok<TrainingJobResponse>> PreferAsync(string id, HttpRequest request, TrainingQueue queue, TrainingRuns runs, IOptions<ApiOptions> options)
    {
        queue.Known(id);
        var priority = TrainingQuery.Priority(await JsonBody.ReadAsync(request, options.Value.MaxBodyBytes, request.HttpContext.RequestAborted));
        return Changed(id, queue.Prefer(id, priority), queue, runs);
    }

    public static async Task<IResult> CheckpointAsync(string id, HttpRequest request, TrainingQueue queue, TrainingRuns runs)
    {
        var job = queue.Known(id);
        var query = new TrainingQuery(request, "publish");
        var publish = query.Flag("publish");
        query.Close();
        var done = await runs.CheckpointAsync(job, publish, request.HttpContext.RequestAborted);
        return TypedResults.Ok(done.Version is { } version
            ? new CheckpointResponse(done.Step, job.Model, version, $"/v1/models/{job.Model}/versions/{version}")
            : new CheckpointResponse(done.Step, null, null, null));
    }

    public static async Task<IResult> SampleAsync(string id, HttpContext http, TrainingQueue queue, TrainingRuns runs) =>
        TypedResults.Ok(SampleResponse.Of(id, await runs.SampleAsync(queue.Known(id), http.RequestAborted)));

    private static int? ReadPriority(HttpRequest request)
    {
        var query = new TrainingQuery(request, "priority");
        var priority = query.Whole("priority", -TrainingQueue.MostPriority, TrainingQueue.MostPriority);
        query.Close();
        return priority;
    }

    private static Accepted<TrainingJobResponse> Accepted(QueuedJob job, TrainingQueue queue, TrainingRuns runs) =>
        TypedResults.Accepted(TrainingJobResponse.PathOf(job.Id), TrainingJobResponse.Whole(job, queue, runs));

    private static Ok<TrainingJobResponse> Changed(string id, QueuedJob? job, TrainingQueue queue, TrainingRuns runs) =>
        TypedResults.Ok(TrainingJobResponse.Whole(job ?? throw TrainingEndpoints.Unknown(id), queue, runs));
}
