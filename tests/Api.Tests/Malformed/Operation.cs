using System.Text.Json;

namespace Diffusion.Api.Tests.Malformed;

/// <summary>A parameter as the document has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">path, query or header.</param>
/// <param name="Schema">What is allowed.</param>
internal sealed record Parameter(string Name, string In, JsonElement Schema);

/// <summary>A call of the OpenAPI document.</summary>
/// <param name="Method">Upper case.</param>
/// <param name="Path">With its parts in braces.</param>
/// <param name="Parameters">All of them.</param>
/// <param name="Bodies">Media types of its body; empty for none.</param>
/// <param name="Fields">Members of a JSON body by name.</param>
internal sealed record Operation(
    string Method, string Path, IReadOnlyList<Parameter> Parameters, IReadOnlyList<string> Bodies, IReadOnlyDictionary<string, JsonElement> Fields)
{
    private const string Json = "application/json";

    /// <summary>Every call of a document.</summary>
    public static IReadOnlyList<Operation> Of(JsonElement document) =>
    [
        .. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject(), (path, call) => Of(document, path.Name, call)),
    ];

    private static Operation Of(JsonElement document, string path, JsonProperty call)
    {
        var content = call.Value.TryGetProperty("requestBody", out var body) ? body.GetProperty("content") : default;
        var types = content.ValueKind == JsonValueKind.Object ? content.EnumerateObject().Select(c => c.Name).ToArray() : [];
        return new Operation(
            call.Name.ToUpperInvariant(), path, call.Value.TryGetProperty("parameters", out var given) ? [.. given.EnumerateArray().Select(ParameterOf)] : [],
            types, types.Contains(Json) ? Members(document, content.GetProperty(Json).GetProperty("schema")) : new Dictionary<string, JsonElement>());
    }

    private static Parameter ParameterOf(JsonElement parameter) =>
        new(parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!, parameter.GetProperty("schema"));

    private static Dictionary<string, JsonElement> Members(JsonElement document, JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        return schema.TryGetProperty("properties", out var members) ? members.EnumerateObject().ToDictionary(m => m.Name, m => m.Value) : [];
    }
}
