using System.Text.Json.Nodes;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Pictures;
using Diffusion.Api.Streams;
using Diffusion.Guidance;
using Diffusion.Inference.Jobs;
using Diffusion.Samplers;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes POST /generate, whose fields come from the query, the body and the sampler catalogue.</summary>
internal sealed class GenerateDocumentation : IOperationFilter
{
    private const string Description = """
        Every field may stand in the query or in a JSON body; a field in both must have the same value. All are optional.
        The same seed gives the same pictures. `format` goes before the header Accept; several pictures in one PNG, JPEG or WebP
        are a grid, JSON has each as base64 PNG, zip has PNG files with a metadata.json, npz and the raw formats are arrays; `strip` is a PNG of twenty frames side by side. GIF and
        APNG show how the pictures came about. `Accept: text/event-stream` streams the events instead, frames and all. Closing the connection cancels the generation.
        """;

    private const string Durable = """
        The fields are those of POST /generate. The generation is on the disk when this answers, survives a restart of the service and
        goes on when the connection closes. 202 at once, unless `Prefer: wait=N` asks to wait for 201; `format` and `scale` are kept for its result.
        """;

    private static readonly Dictionary<string, string> Headers = new()
    {
        ["X-Generation-Id"] = "The generation.",
        ["X-Seed"] = "The seed: send it as `seed` to get the same pictures again.",
        ["X-Model"] = "Model and version: send it as `model` to stay with this version.",
        ["X-Sampler"] = "The sampler that was used.",
        ["X-Determinism"] = "`seeded` or `strict`.",
        ["Server-Timing"] = "Milliseconds: `queue` until the first batch, `sample` in the network, `encode` to the file.",
    };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId is not ("Generate" or "CreateGeneration")) return;
        operation.Description = operation.OperationId == "Generate" ? Description : Durable;
        var fields = Fields();
        operation.Parameters = [.. fields.Select(f => new OpenApiParameter { Name = f.Name, In = ParameterLocation.Query, Description = f.Text, Schema = f.Schema })];
        operation.RequestBody = new OpenApiRequestBody { Description = "The same fields as JSON.", Content = Body(fields) };
        operation.Responses = Responses(context, operation.OperationId == "Generate");
    }

    /// <summary>The fields, each with a sentence and its range.</summary>
    public static List<(string Name, string Text, OpenApiSchema Schema)> Fields() =>
    [
        ("model", "Model by name, with a version or an alias if wanted: `digits-ddpm`, `digits-ddpm@3`, `digits-ddpm@prod`. See /v1/models.", Of(JsonSchemaType.String)),
        ("sampler", "How pictures are made. See /v1/samplers.", Of(JsonSchemaType.String).Choices(SamplerCatalog.All.Select(s => s.Name))),
        ("steps", "Network evaluations per picture, guidance not counted; up to the model's T.", Of(JsonSchemaType.Integer).From("1")),
        ("n", "Pictures; picture i does not depend on n.", Of(JsonSchemaType.Integer).From("1")),
        ("seed", "Same seed, same pictures, 0 to 2^64 - 1; drawn at random if not given.", Of(JsonSchemaType.Integer).From("0")),
        ("label", "Class number, or several of them used in turn: `3`, `0,1,2`, in JSON also `[0, 1, 2]`.", Of(JsonSchemaType.String)),
        ("determinism", "How exactly the seed fixes the pictures: `seeded` up to rounding in the last bits, which can depend on what else is running; `strict` to the bit, and slower.", Of(JsonSchemaType.String).Choices(["seeded", "strict"])),
        ("guidance", "Strength of classifier-free guidance: s in u + s (c - u), 1 is none; or w, see `guidanceConvention`.", Of(JsonSchemaType.Number)),
        ("guidanceConvention", "How `guidance` is meant: `s` in u + s (c - u), where 1 is none; `w` in (1 + w) c - w u, where 0 is none. Answers always say s.", Of(JsonSchemaType.String).Choices(GuidanceConventions.Names)),
        ("guidanceRescale", "Brings the contrast that guidance adds back by this share (phi of Lin et al. 2023); 0 is none, 0.7 as published.", Of(JsonSchemaType.Number).From("0").To("1")),
        ("dynamicThreshold", "Clips each estimate of the image at this percentile of its own values, as a share, and scales it back (Saharia et al. 2022); 0.995 as published. Without it estimates are clipped to the range of images.", Of(JsonSchemaType.Number).From("0").To("1")),
        ("classifier", $"A noisy classifier by name, with a version or an alias if wanted, that guides towards `label`; {string.Join(" and ", SamplerCatalog.All.Where(s => !s.TakesClassifier).Select(s => s.Name))} take none.", Of(JsonSchemaType.String)),
        ("classifierScale", "How strongly the classifier guides; 1 if not given, 0 is none.", Of(JsonSchemaType.Number).From("0")),
        .. SamplerCatalog.All.SelectMany(s => s.Options, (s, o) => (Sampler: s, Option: o)).GroupBy(p => p.Option.Name)
            .Select(g => (g.Key, $"Of {string.Join(" and ", g.Select(p => p.Sampler.Name))}: {g.First().Option.Description}", SchemaOf(g.First().Option))),
        ("priority", "How soon the pictures are needed, among your own requests: those of the first class go first.", Of(JsonSchemaType.String).Choices(RequestClasses.Names)),
        ("deadlineMs", "Milliseconds after which the pictures are worth nothing. What cannot be promised is refused at once with the time that can; what is accepted goes before others when its time runs out.", Of(JsonSchemaType.Integer).From("1")),
        ("format", "The form of the answer; without it the header Accept decides, and PNG if that says nothing.", Of(JsonSchemaType.String).Choices(PictureFormat.All.Select(f => f.Name))),
        ("scale", "Each pixel as a square of so many pixels, for small pictures.", Of(JsonSchemaType.Integer).From("1").To($"{GenerateFields.MaxScale}")),
        (FrameFields.Name, $"The frames to keep for formats that show or hold them: `{FrameFields.Allowed}`.", Of(JsonSchemaType.String)),
        (FrameFields.Kinds, "What frames carry: some of `x_t`, `x0` and, of models that have one, `memory`; x_t and x0 if not given.", Of(JsonSchemaType.String)),
    ];

    private static OpenApiSchema SchemaOf(SamplerOption option) => option.Choices is { } choices
        ? Of(JsonSchemaType.String).Choices(choices)
        : Of(JsonSchemaType.Number).From(FormattableString.Invariant($"{option.Minimum}")).To(FormattableString.Invariant($"{option.Maximum}"));

    private static Dictionary<string, IOpenApiMediaType> Body(List<(string Name, string Text, OpenApiSchema Schema)> fields)
    {
        var schema = Of(JsonSchemaType.Object);
        schema.AdditionalPropertiesAllowed = false;
        schema.Properties = fields.ToDictionary(f => f.Name, f => (IOpenApiSchema)f.Schema.CreateShallowCopy());
        foreach (var (name, text, _) in fields) ((OpenApiSchema)schema.Properties[name]).Description = text;
        return new()
        {
            ["application/json"] = new OpenApiMediaType
            {
                Schema = schema,
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["few"] = Example("A digit in two evaluations", """{ "sampler": "dddm", "steps": 2 }"""),
                    ["grid"] = Example("Ten digits, one of each class", """{ "sampler": "ddim", "steps": 20, "n": 10, "label": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "guidance": 2, "seed": 7, "scale": 4 }"""),
                    ["json"] = Example("Pictures with their metadata", """{ "sampler": "ddim", "steps": 10, "eta": 0.5, "n": 2, "label": 3, "format": "json" }"""),
                },
            },
        };
    }

    /// <summary>The answers: pictures if it waits for them, the resource, and the problems that there can be.</summary>
    public static OpenApiResponses Responses(OperationFilterContext context, bool waits, params IEnumerable<Problem> more)
    {
        var binary = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        var problem = context.SchemaGenerator.GenerateSchema(typeof(ProblemDetails), context.SchemaRepository);
        var generation = context.SchemaGenerator.GenerateSchema(typeof(GenerationResponse), context.SchemaRepository);
        var answers = new OpenApiResponses();
        if (!waits) answers["201"] = Resource("It has ended.", generation, "Location");
        answers["202"] = Resource("It goes on durably; `Location` is where to look again.", generation, "Location", "Retry-After", "Preference-Applied");
        if (waits)
        {
            answers["200"] = new OpenApiResponse
            {
                Description = "The pictures.",
                Headers = Headers.ToDictionary(h => h.Key, h => (IOpenApiHeader)new OpenApiHeader { Description = h.Value, Schema = Of(JsonSchemaType.String) }),
                Content = PictureFormat.All.DistinctBy(f => f.MediaType).ToDictionary(f => f.MediaType, f => (IOpenApiMediaType)new OpenApiMediaType
                {
                    Schema = f == PictureFormat.Json ? context.SchemaGenerator.GenerateSchema(typeof(GenerateResponse), context.SchemaRepository) : binary,
                }).Append(new(EventStream.MediaType, new OpenApiMediaType { Schema = Of(JsonSchemaType.String) })).ToDictionary(),
            };
        }
        foreach (var group in ProblemCatalogue.OfGenerate.Concat(more).GroupBy(p => p.Status).OrderBy(g => g.Key))
        {
            answers[FormattableString.Invariant($"{group.Key}")] = new OpenApiResponse
            {
                Description = string.Join(" or ", group.Select(p => $"`{p.Slug}`: {p.Title}")) + ".",
                Content = new Dictionary<string, IOpenApiMediaType> { ["application/problem+json"] = new OpenApiMediaType { Schema = problem } },
            };
        }
        return answers;
    }

    private static OpenApiResponse Resource(string text, IOpenApiSchema schema, params string[] headers) => new()
    {
        Description = text,
        Headers = headers.ToDictionary(h => h, _ => (IOpenApiHeader)new OpenApiHeader { Schema = Of(JsonSchemaType.String) }),
        Content = new Dictionary<string, IOpenApiMediaType> { ["application/json"] = new OpenApiMediaType { Schema = schema } },
    };

    private static OpenApiExample Example(string summary, string json) => new() { Summary = summary, Value = JsonNode.Parse(json) };

    private static OpenApiSchema Of(JsonSchemaType type) => new() { Type = type };
}

/// <summary>Schemas said in one line.</summary>
internal static class SchemaSentences
{
    public static OpenApiSchema From(this OpenApiSchema schema, string least)
    {
        schema.Minimum = least;
        return schema;
    }

    public static OpenApiSchema To(this OpenApiSchema schema, string most)
    {
        schema.Maximum = most;
        return schema;
    }

    public static OpenApiSchema Choices(this OpenApiSchema schema, IEnumerable<string> choices)
    {
        schema.Enum = [.. choices.Select(c => (JsonNode)c)];
        return schema;
    }
}
