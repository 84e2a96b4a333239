using System.Text.Json.Nodes;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes interpolations, inversions and reconstructions, whose bodies are JSON or forms with files.</summary>
internal sealed class StartDocumentation : IOperationFilter
{
    // an upright stroke, 8 x 8
    private const string Stroke = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEUlEQVR4nGNgQAL//5PDAAMArqcL9UW5Aq8AAAAASUVORK5CYII=";

    private const string Images = """
        Images are PNG, JPEG or WebP, as base64 in JSON or as files of a form; they are covered and cut to the model's square by Lanczos3
        and turned to its colours. Going up runs ddim backwards, without guidance: eta must be 0, and the model must have no memory input.
        """;

    private static readonly Dictionary<string, (GenerationKind Kind, string Text, string[] Examples)> Operations = new()
    {
        ["Interpolate"] = (GenerationKind.Interpolation, $"""
            `n` pictures from `from` to `to`, both ends counted. An end is a `seed`, an `image`, or picture `index` of a `generation`: of a plain one its noise, of an inversion its x_T.
            Between x_T a and b lies [sin((1 - u) theta) a + sin(u theta) b] / sin theta with `path` slerp, (1 - u) a + u b with lerp; the memory of dddm goes the same way.
            The way down must add no noise. `guidance` applies to the way down only. A single PNG, JPEG or WebP is a strip.
            {Images}
            """,
            [
                """{ "from": { "seed": 7 }, "to": { "seed": 8 }, "n": 6, "label": 3, "scale": 4 }""",
                $$"""{ "from": { "image": "{{Stroke}}" }, "to": { "seed": 8 }, "n": 4, "steps": 10, "format": "json" }""",
            ]),
        ["Invert"] = (GenerationKind.Inversion, $"""
            The x_T that the way down decodes to about each image; the error falls as 1/steps. Pictures show noise from -3 to 3 deviations as black to white;
            JSON has its mean and deviation, as have the headers X-Noise-Mean and X-Noise-Deviation. The id is a start of later interpolations.
            {Images}
            """,
            [$$"""{ "images": ["{{Stroke}}"], "label": 3, "steps": 10, "format": "json" }"""]),
        ["Reconstruct"] = (GenerationKind.Reconstruction, $"""
            Each image to its x_T and back, `steps` evaluations each way. JSON has the error of each picture and the original as the model saw it; the headers X-Rmse and X-Psnr have the errors.
            Rmse is a share of the full range, Psnr is in dB.
            {Images}
            """,
            [$$"""{ "image": "{{Stroke}}", "label": 3, "steps": 10, "format": "json" }"""]),
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId is not { } id || !Operations.TryGetValue(id, out var told)) return;
        operation.Description = told.Text;
        var fields = GenerateDocumentation.Fields().Where(f => !StartFields.Foreign(told.Kind).Contains(f.Name)).ToArray();
        // both ends are counted
        foreach (var (_, _, schema) in fields.Where(f => f.Name == "n")) schema.Minimum = "2";
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType
                {
                    Schema = Schema(fields, told.Kind == GenerationKind.Interpolation ? Ends(asForm: false) : ImageFields(asForm: false)),
                    Examples = told.Examples.Index().ToDictionary(e => $"example{e.Index + 1}", e => (IOpenApiExample)new OpenApiExample { Value = JsonNode.Parse(e.Item) }),
                },
                ["multipart/form-data"] = new OpenApiMediaType
                {
                    Schema = Schema(fields, told.Kind == GenerationKind.Interpolation ? Ends(asForm: true) : ImageFields(asForm: true)),
                    Encoding = (told.Kind == GenerationKind.Interpolation ? (string[])["from.image", "to.image"] : ["image", "images"])
                        .ToDictionary(name => name, _ => new OpenApiEncoding { ContentType = PictureReader.MediaTypes }),
                },
            },
        };
        operation.Responses = GenerateDocumentation.Responses(context, waits: true, ProblemCatalogue.OfStarts);
    }

    private static OpenApiSchema Schema(IEnumerable<(string Name, string Text, OpenApiSchema Schema)> fields, Dictionary<string, IOpenApiSchema> own)
    {
        foreach (var (name, text, schema) in fields)
        {
            var one = (OpenApiSchema)schema.CreateShallowCopy();
            one.Description = text;
            own[name] = one;
        }
        return new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalPropertiesAllowed = false, Properties = own };
    }

    private static Dictionary<string, IOpenApiSchema> ImageFields(bool asForm) => new()
    {
        ["image"] = FileSchema(asForm, "One image."),
        ["images"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = FileSchema(asForm, null), Description = "Several; a picture each." },
    };

    private static Dictionary<string, IOpenApiSchema> Ends(bool asForm)
    {
        var own = new Dictionary<string, IOpenApiSchema>();
        foreach (var end in (string[])["from", "to"])
        {
            var members = new Dictionary<string, IOpenApiSchema>
            {
                ["seed"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0" },
                ["image"] = FileSchema(asForm, null),
                ["generation"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Its id." },
                ["index"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0", Description = "Which of its pictures." },
            };
            if (asForm) foreach (var (name, schema) in members) own[$"{end}.{name}"] = schema;
            else own[end] = new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalPropertiesAllowed = false, Properties = members, Description = "One of seed, image and generation." };
        }
        own["path"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The way between the ends." }.Choices(["slerp", "lerp"]);
        return own;
    }

    private static OpenApiSchema FileSchema(bool asForm, string? text) => new() { Type = JsonSchemaType.String, Format = asForm ? "binary" : "byte", Description = text };
}
