using System.Text.Json.Nodes;
using Diffusion.Api.Contracts;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes what the calls on image sets take in queries and headers.</summary>
internal sealed class DatasetDocumentation : IOperationFilter
{
    private const string Example = """{ "name": "cats", "length": 48123904, "size": 32, "testShare": 0.1 }""";

    private static readonly IOpenApiParameter[] Lines =
    [
        Query("from", "How many lines to leave out; 0 if not given.", Whole().From("0")),
        Query("limit", $"How many lines at most, 1..{DatasetCalls.MaxLines}; all if not given.", Whole().From("1").To($"{DatasetCalls.MaxLines}")),
    ];

    private static readonly Dictionary<string, IOpenApiParameter[]> Parameters = new()
    {
        ["ListDatasets"] =
        [
            Query("limit", $"How many at most, 1..{TrainingQuery.MaxLimit}; 50 if not given.", Whole().From("1").To($"{TrainingQuery.MaxLimit}")),
            Query("cursor", "The `next` of the page before.", new OpenApiSchema { Type = JsonSchemaType.String }),
        ],
        ["CreateDataset"] =
        [
            Query("name", "Of the new set: 1 to 64 of a-z, 0-9 and '-', not starting with '-'.", Text(), required: true),
            Query("size", $"Width and height of its images, in pixels, 1..{UploadFields.MaxSize}.", Whole().From("1").To($"{UploadFields.MaxSize}"), required: true),
            Query("channels", "1 for grey, 3 for colours; 3 if not given.", Whole()),
            Query("fit", "`cover` scales and cuts off what hangs over, `pad` puts black around; cover if not given.", Text().Choices(UploadFields.Fits)),
            Query("testShare", "Share of the images that becomes the split test where the source has no splits; 0 if not given.", new OpenApiSchema { Type = JsonSchemaType.Number }.From("0").To("0.9")),
            Query("duplicates", "`drop` leaves out images with the pixels of one before them, `keep` lists them only; drop if not given.", Text().Choices(UploadFields.DuplicateWays)),
            Query("source", "Where the images come from; kept with the set.", Text()),
            Query("terms", "Under which terms; kept with the set.", Text()),
            Header(UploadHeaders.Digest, DigestText),
            Header("Prefer", $"`wait=N`: wait up to N seconds, 1..{Preferences.MaxWait}, for the set; `respond-async`: answer 202 at once."),
        ],
        ["GetDatasetUpload"] = [Header("Prefer", $"`wait=N`: answer when it is over, or after N seconds, 1..{Preferences.MaxWait}.")],
        ["AppendDatasetUpload"] =
        [
            Header(UploadHeaders.Offset, "How many bytes were sent before; 409 with the right number if the service has others.", required: true),
            Header(UploadHeaders.Complete, "`?1` with the last part; may be left out, because the length is known."),
            Header(UploadHeaders.Digest, DigestText),
        ],
        ["GetDatasetPreview"] = [Header("If-None-Match", "The ETag of an earlier answer; 304 if it is still the same.")],
        ["GetDatasetRefusals"] = Lines,
        ["GetDatasetDuplicates"] = Lines,
    };

    private const string DigestText = "SHA-256 of the body as `sha-256=:BASE64:` (RFC 9530). With it the body counts as a whole or not at all; without it, each byte that came.";

    // not said to the router: what a client sends that looks at no file is taken too
    private static readonly Dictionary<string, (string Text, string Type)> Files = new()
    {
        ["CreateDataset"] = ("A zip file of images, or a NumPy archive (.npz).", DatasetUploadCalls.ZipType),
        ["AppendDatasetUpload"] = ("The bytes of the file from Upload-Offset on.", DatasetUploadCalls.PartType),
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (Files.TryGetValue(operation.OperationId ?? "", out var file)) operation.RequestBody = new OpenApiRequestBody
        {
            Description = file.Text,
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [file.Type] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
                [DatasetUploadCalls.BytesType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
            },
        };
        if (operation.OperationId == "CreateDatasetUpload" && operation.RequestBody?.Content?["application/json"] is OpenApiMediaType json) json.Example = JsonNode.Parse(Example);
        if (Parameters.TryGetValue(operation.OperationId ?? "", out var parameters)) operation.Parameters = [.. operation.Parameters ?? [], .. parameters];
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema Whole() => new() { Type = JsonSchemaType.Integer };

    private static OpenApiParameter Query(string name, string text, OpenApiSchema schema, bool required = false) =>
        new() { Name = name, In = ParameterLocation.Query, Description = text, Schema = schema, Required = required };

    private static OpenApiParameter Header(string name, string text, bool required = false) =>
        new() { Name = name, In = ParameterLocation.Header, Description = text, Schema = Text(), Required = required };
}
