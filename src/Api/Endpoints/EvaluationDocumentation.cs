using System.Text.Json.Nodes;
using Diffusion.Api.Contracts;
using Diffusion.Training.Evaluation;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes what the calls on evaluations take, with examples.</summary>
internal sealed class EvaluationDocumentation : IOperationFilter, ISchemaFilter
{
    private const string Curve = """
        { "model": "digits-ddpm", "samplers": [{ "sampler": "ddim", "steps": [2, 4] }, { "sampler": "ddpm", "steps": [4] }], "samples": 16, "metrics": ["precision-recall", "nearest-image"] }
        """;

    private const string Guided = """
        {
          "model": "digits-ddpm", "samples": 200, "metrics": ["frechet", "label-accuracy", "diversity"],
          "samplers": [{ "sampler": "ddim", "steps": [20], "guidance": 4 }, { "sampler": "ddim", "steps": [20], "guidance": 4, "guidanceParallel": 0, "guidanceRescale": 0.7, "dynamicThreshold": 0.995 }]
        }
        """;

    private const string Default = """{ "model": "digits-dddm" }""";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId == "ListEvaluations") operation.Parameters = [.. operation.Parameters ?? [], .. Parameters()];
        if (operation.OperationId != "SubmitEvaluation" || operation.RequestBody?.Content is not { } content || content["application/json"] is not OpenApiMediaType json) return;
        json.Examples = new Dictionary<string, IOpenApiExample>
        {
            ["curve"] = Example("Two samplers, one of them at two step counts", Curve),
            ["guided"] = Example("Guidance as it is, and held back", Guided),
            ["default"] = Example("All that can be measured, as the model is served", Default),
        };
    }

    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (context.Type == typeof(EvaluationRequest) && schema.Properties?["metrics"] is OpenApiSchema { Items: OpenApiSchema each }) each.Choices(MetricNames.All);
    }

    private static IEnumerable<IOpenApiParameter> Parameters() =>
    [
        Query("limit", $"How many at most, 1..{EvaluationQuery.MaxLimit}; 50 if not given.", new OpenApiSchema { Type = JsonSchemaType.Integer }.From("1").To($"{EvaluationQuery.MaxLimit}")),
        Query("cursor", "The `next` of the page before.", new OpenApiSchema { Type = JsonSchemaType.String }),
        Query("state", "Only those that stand there.", new OpenApiSchema { Type = JsonSchemaType.String }.Choices(EvaluationQuery.States.Keys)),
        Query("model", "Only those of this model.", new OpenApiSchema { Type = JsonSchemaType.String }),
    ];

    private static OpenApiParameter Query(string name, string text, OpenApiSchema schema) =>
        new() { Name = name, In = ParameterLocation.Query, Description = text, Schema = schema };

    private static OpenApiExample Example(string summary, string json) => new() { Summary = summary, Value = JsonNode.Parse(json) };
}
