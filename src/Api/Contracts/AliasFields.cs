using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>Reads the body of a call that moves an alias: <c>{ "version": 3 }</c>.</summary>
internal static class AliasFields
{
    private const string Name = "version";

    /// <exception cref="RequestRefusedException">It is something else, or no version of the model.</exception>
    public static int Version(JsonElement? body, IReadOnlyList<int> versions)
    {
        var known = string.Join(", ", versions);
        if (body is not { ValueKind: JsonValueKind.Object } fields) throw Wrong(Name, $"The body must be {{\"version\": N}} with N one of {known}.");
        var errors = fields.EnumerateObject().Where(f => f.Name != Name).Select(f => new FieldError(f.Name, $"There is no field '{f.Name}'; there is: version.")).ToList();
        if (!fields.TryGetProperty(Name, out var given)) errors.Add(new(Name, $"version is missing; versions are: {known}."));
        else if (given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var version) && versions.Contains(version) && errors.Count == 0) return version;
        else if (errors.Count == 0) errors.Add(new(Name, $"version must be one of {known}, got {given.GetRawText()}."));
        throw RequestRefusedException.Invalid(errors);
    }

    private static RequestRefusedException Wrong(string field, string message) => RequestRefusedException.Invalid([new FieldError(field, message)]);
}
