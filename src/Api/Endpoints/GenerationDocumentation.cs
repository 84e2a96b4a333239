using System.Text.Json.Nodes;
using Diffusion.Api.Contracts;
using Diffusion.Api.Idempotency;
using Diffusion.Api.Pictures;
using Diffusion.Inference.Store;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes what the durable generations take in queries and headers.</summary>
internal sealed class GenerationDocumentation : IOperationFilter
{
    private static readonly IOpenApiParameter Prefer = Header("Prefer",
        $"`respond-async`: accept it durably and answer 202 at once. `wait=N`: wait up to N seconds, 1..{Preferences.MaxWait}, then 202 while it goes on durably.", "respond-async");

    private static readonly IOpenApiParameter Key = Header(IdempotencyKey.Header,
        "A text of up to 255 characters, new for each new request. The same request with the same key gets the same answer again for 24 hours, also after a restart; nothing is done twice.",
        "0b4c9c1e-6a0e-4d6b-9a53-7f2f1f0f7a11");

    private static readonly Dictionary<string, IOpenApiParameter[]> Queries = new()
    {
        ["ListGenerations"] =
        [
            Query("limit", $"How many at most, 1..{GenerationQuery.MaxLimit}; 50 if not given.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{GenerationQuery.MaxLimit}")),
            Query("cursor", "The `next` of the page before.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Query("state", "Only those that stand there.", new OpenApiSchema { Type = JsonSchemaType.String }.Choices(Enum.GetValues<RecordState>().Select(s => s.ToString().ToLowerInvariant()))),
        ],
        ["GetGenerationResult"] =
        [
            Query("format", "The form of the answer; goes before Accept.", new OpenApiSchema { Type = JsonSchemaType.String }.Choices(PictureFormat.All.Select(f => f.Name))),
            Query("scale", "Each pixel as a square of so many pixels.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{GenerateFields.MaxScale}")),
            Header("If-None-Match", "The ETag of an earlier answer; 304 if it is still the same.", null),
            Header("Range", "Only some bytes of the file.", null),
        ],
        ["GetGenerationFrames"] =
        [
            Query("format", "The form of the answer; goes before Accept. APNG if neither says anything.", new OpenApiSchema { Type = JsonSchemaType.String }.Choices(PictureFormat.OfFrames.Select(f => f.Name))),
            Query("scale", "Each pixel as a square of so many pixels.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{GenerateFields.MaxScale}")),
            Query(FrameFields.Name, "Some of the frames that were kept: `all`, `every:N` or `steps:a,b,c`.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Query(FrameFields.Kinds, "Some of the kinds that were kept: `x_t`, `x0`, `memory`. GIF and APNG show one.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Header("If-None-Match", "The ETag of an earlier answer; 304 if it is still the same.", null),
            Header("Range", "Only some bytes of the file.", null),
        ],
        ["GetGenerationEvents"] =
        [
            Query(FrameFields.Name, $"Which frames: `{FrameFields.Allowed}`; all if not given.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Query(FrameFields.Kinds, "What frames carry: some of `x_t`, `x0`, `memory`; x_t and x0 if not given.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Query(FrameFields.MaxFps, "At most so many frames a second of each picture.", new OpenApiSchema { Type = JsonSchemaType.Number }),
            Query(FrameFields.Samples, "Only these pictures: `0,3`.", new OpenApiSchema { Type = JsonSchemaType.String }),
            Query(EventsQuery.From, "The first lifecycle event wanted, by its sequence; Last-Event-ID goes before it.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("0")),
            Header(EventsQuery.LastEventId, "The last lifecycle event that was seen; an EventSource sends it by itself. 204 after the final one.", null),
        ],
        ["GetGeneration"] = [Header("If-None-Match", "The ETag of an earlier answer; 304 if nothing has changed.", null)],
        ["Generate"] = [Prefer],
        ["CreateGeneration"] = [Prefer],
        ["Interpolate"] = [Prefer],
        ["Invert"] = [Prefer],
        ["Reconstruct"] = [Prefer],
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (Queries.TryGetValue(operation.OperationId ?? "", out var parameters)) operation.Parameters = [.. operation.Parameters ?? [], .. parameters];
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IdempotentAttribute>().Any()) operation.Parameters = [.. operation.Parameters ?? [], Key];
    }

    private static OpenApiParameter Query(string name, string text, OpenApiSchema schema) =>
        new() { Name = name, In = ParameterLocation.Query, Description = text, Schema = schema };

    private static OpenApiParameter Header(string name, string text, string? example) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = text,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = example is null ? null : (JsonNode)example,
    };
}
