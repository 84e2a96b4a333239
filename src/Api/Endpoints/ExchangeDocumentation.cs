using Diffusion.Api.Uploads;
using Diffusion.Exchange;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Diffusion.Api.Endpoints;

/// <summary>Describes the files that versions leave and come in as.</summary>
internal sealed class ExchangeDocumentation : IOperationFilter
{
    private static readonly OpenApiSchema File = new() { Type = JsonSchemaType.String, Format = "binary" };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId == "ImportVersion") operation.RequestBody = Body();
        if (operation.OperationId != "ExportVersion") return;
        operation.Parameters =
        [
            .. operation.Parameters ?? [], Query(),
            Header("If-None-Match", "The ETag of an earlier answer; 304 if nothing has changed."),
            Header("Range", "The bytes wanted, such as `bytes=1000-`; one range, several are answered with the whole file."),
            Header("If-Range", "The ETag of the answer that broke off: the whole file comes if it is another one by now."),
        ];
        operation.Responses ??= [];
        operation.Responses["200"] = Response("The file; Content-Digest has its SHA-256.");
        operation.Responses["206"] = Response("The bytes that were asked for; Repr-Digest has the SHA-256 of the whole file.");
    }

    private static OpenApiResponse Response(string text) => new()
    {
        Description = text,
        Content = new Dictionary<string, IOpenApiMediaType> { ["application/octet-stream"] = Bytes(), ["application/zip"] = Bytes() },
    };

    private static OpenApiMediaType Bytes() => new() { Schema = File };

    private static OpenApiRequestBody Body() => new()
    {
        Required = true,
        Description = "The file as it was exported, or a form that begins with it; the name it has in the form is kept.",
        Content = new Dictionary<string, IOpenApiMediaType>(FileBody.Types.Select(t => KeyValuePair.Create<string, IOpenApiMediaType>(t, Bytes())))
        {
            ["multipart/form-data"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Required = new HashSet<string> { FileBody.Field }, Properties = new Dictionary<string, IOpenApiSchema> { [FileBody.Field] = File } },
                Encoding = new Dictionary<string, OpenApiEncoding> { [FileBody.Field] = new() { ContentType = string.Join(", ", FileBody.Types) } },
            },
        },
    };

    private static OpenApiParameter Query() => new()
    {
        Name = "format",
        In = ParameterLocation.Query,
        Description = "The form of the file; safetensors if not given.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String }.Choices(ExchangeForms.Names),
    };

    private static OpenApiParameter Header(string name, string text) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = text,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
