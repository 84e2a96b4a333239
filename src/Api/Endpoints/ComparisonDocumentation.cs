using System.Text.Json.Nodes;
using Diffusion.Api.Comparisons;
using Diffusion.Api.Pictures;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes POST /v1/comparisons, whose fields are those of POST /generate, once for all runs and again for each.</summary>
internal sealed class ComparisonDocumentation : IOperationFilter
{
    private const string Description = """
        Fields beside `runs` hold for all of them, those in a run go before them; `n`, `seed`, `format` and `scale` are the same in all. All runs
        start from the same noise and go one after the other, so that the wall time of each is its own: `X-Sample-Milliseconds`, in JSON
        `sampleMilliseconds`. PNG, JPEG and WebP have the sheets of all runs from left to right. Nothing is begun unless every run can be.
        """;

    private const string Example = """{ "n": 4, "seed": 7, "label": [0, 1, 2, 3], "runs": [{ "sampler": "ddpm", "steps": 20 }, { "sampler": "ddim", "steps": 4 }] }""";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != "Compare") return;
        operation.Description = Description;
        var fields = GenerateDocumentation.Fields().Where(f => !ComparisonCommand.Foreign.Contains(f.Name)).ToArray();
        var schema = Schema(fields);
        ((OpenApiSchema)schema.Properties!["format"]).Choices(ComparisonCommand.Formats.Select(f => f.Name));
        schema.Required = new HashSet<string> { ComparisonCommand.Member };
        schema.Properties[ComparisonCommand.Member] = new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = Schema(fields.Where(f => !ComparisonCommand.Shared.Contains(f.Name))),
            MinItems = ComparisonCommand.Fewest,
            MaxItems = ComparisonCommand.Most,
            Description = "The settings to compare.",
        };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType
                {
                    Schema = schema,
                    Examples = new Dictionary<string, IOpenApiExample> { ["two"] = new OpenApiExample { Summary = "DDPM beside DDIM", Value = JsonNode.Parse(Example) } },
                },
            },
        };
        operation.Responses = Responses(context);
    }

    private static OpenApiResponses Responses(OperationFilterContext context)
    {
        var answers = GenerateDocumentation.Responses(context, waits: true);
        answers.Remove("202");
        answers["200"] = new OpenApiResponse
        {
            Description = "The pictures of all runs.",
            Headers = new[] { "X-Seed", ComparisonEndpoint.TimeHeader }.ToDictionary(h => h, _ => (IOpenApiHeader)new OpenApiHeader { Schema = new OpenApiSchema { Type = JsonSchemaType.String } }),
            Content = ComparisonCommand.Formats.ToDictionary(f => f.MediaType, f => (IOpenApiMediaType)new OpenApiMediaType
            {
                Schema = f == PictureFormat.Json
                    ? context.SchemaGenerator.GenerateSchema(typeof(ComparisonResponse), context.SchemaRepository)
                    : new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
            }),
        };
        return answers;
    }

    private static OpenApiSchema Schema(IEnumerable<(string Name, string Text, OpenApiSchema Schema)> fields)
    {
        var own = new Dictionary<string, IOpenApiSchema>();
        foreach (var (name, text, schema) in fields)
        {
            var one = (OpenApiSchema)schema.CreateShallowCopy();
            one.Description = text;
            own[name] = one;
        }
        return new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalPropertiesAllowed = false, Properties = own };
    }
}
