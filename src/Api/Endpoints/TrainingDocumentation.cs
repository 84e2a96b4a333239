using Diffusion.Api.Contracts;
using Diffusion.Training.Runs;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes what the calls on training jobs take in queries and headers.</summary>
internal sealed class TrainingDocumentation : IOperationFilter
{
    private static readonly IOpenApiParameter Priority = Query(
        "priority", $"The highest goes first, among equals who came first; {-TrainingQueue.MostPriority}..{TrainingQueue.MostPriority}.",
        new OpenApiSchema { Type = JsonSchemaType.Integer }.From($"{-TrainingQueue.MostPriority}").To($"{TrainingQueue.MostPriority}"));

    private static readonly IOpenApiParameter FromStep = Query("fromStep", "The first step wanted; 0 for all.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("0"));

    private static readonly Dictionary<string, IOpenApiParameter[]> Parameters = new()
    {
        ["SubmitTrainingJob"] = [Priority],
        ["CloneTrainingJob"] = [Priority],
        ["ListTrainingJobs"] =
        [
            Query("limit", $"How many at most, 1..{TrainingQuery.MaxLimit}; 50 if not given.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{TrainingQuery.MaxLimit}")),
            Query("cursor", "The `next` of the page before.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Query("state", "Only those that stand there.", new OpenApiSchema { Type = JsonSchemaType.String }.Choices(Enum.GetValues<QueuedJobState>().Select(s => s.ToString().ToLowerInvariant()))),
        ],
        ["GetTrainingJob"] = [Header("If-None-Match", "The ETag of an earlier answer; 304 if nothing has changed.")],
        ["GetTrainingMetrics"] =
        [
            FromStep,
            Query("apart", "Steps between two lines at least, so that a long run fits a small drawing; lines with a validation loss come in any case.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1")),
            Query("follow", "Whether to stay and send new lines until the job is over.", new OpenApiSchema { Type = JsonSchemaType.Boolean }),
        ],
        ["GetTrainingEvents"] = [FromStep, Header(EventsQuery.LastEventId, "The id of the last event that was seen; goes before fromStep.")],
        ["GetTrainingSample"] = [Header("If-None-Match", "The ETag of an earlier answer; 304 if it is still the same.")],
        ["GetTrainingStrip"] =
        [
            Query("columns", $"Grids at most, 1..{TrainingRecordEndpoints.MostColumns}; {TrainingRecordEndpoints.UsualColumns} if not given. The first and the last are among them.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{TrainingRecordEndpoints.MostColumns}")),
            Query("rows", $"Seeds, 1..{TrainingRecordEndpoints.MostRows}; {TrainingRecordEndpoints.UsualRows} if not given.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{TrainingRecordEndpoints.MostRows}")),
        ],
        ["CheckpointTrainingJob"] = [Query("publish", "Whether a version is published too.", new OpenApiSchema { Type = JsonSchemaType.Boolean })],
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (Parameters.TryGetValue(operation.OperationId ?? "", out var parameters)) operation.Parameters = [.. operation.Parameters ?? [], .. parameters];
    }

    private static OpenApiParameter Query(string name, string text, OpenApiSchema schema) =>
        new() { Name = name, In = ParameterLocation.Query, Description = text, Schema = schema };

    private static OpenApiParameter Header(string name, string text) =>
        new() { Name = name, In = ParameterLocation.Header, Description = text, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}
