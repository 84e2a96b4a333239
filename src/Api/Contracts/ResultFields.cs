using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>What was measured of a version.</summary>
/// <param name="Id">Who measured what, 1 to 256 characters; the same one twice is one.</param>
/// <param name="Metrics">1 to 256 figures by name.</param>
/// <param name="Settings">How they were measured: sampler, steps, images; up to 256 texts by name.</param>
internal sealed record ResultRequest(string Id, IReadOnlyDictionary<string, double> Metrics, IReadOnlyDictionary<string, string>? Settings);

/// <summary>Reads the body of a call that attaches a result.</summary>
internal static class ResultFields
{
    private static readonly string[] Known = ["id", "metrics", "settings"];

    /// <exception cref="RequestRefusedException">It is something else; every wrong field is named.</exception>
    public static VersionResult Read(JsonElement? body)
    {
        if (body is not { ValueKind: JsonValueKind.Object } fields)
            throw RequestRefusedException.Invalid([new FieldError("id", "The body must be an object with id, metrics and, if you like, settings.")]);
        var errors = fields.EnumerateObject().Where(f => !Known.Contains(f.Name)).Select(f => new FieldError(f.Name, $"There is no field '{f.Name}'; there are: {string.Join(", ", Known)}.")).ToList();
        var id = fields.TryGetProperty("id", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : Wrong("id", "a text", "");
        var metrics = Entries<double>("metrics", isNeeded: true, v => v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out var number) ? number : null);
        var settings = Entries<string>("settings", isNeeded: false, v => v.ValueKind == JsonValueKind.String ? v.GetString() : null);
        var result = new VersionResult { Id = id, Metrics = metrics, Settings = settings };
        if (errors.Count == 0 && result.Refusal() is { } refusal) errors.Add(new FieldError(refusal[..refusal.IndexOf(' ', StringComparison.Ordinal)], refusal));
        return errors.Count == 0 ? result : throw RequestRefusedException.Invalid(errors);

        T Wrong<T>(string field, string what, T instead)
        {
            errors.Add(new FieldError(field, $"{field} must be {what}."));
            return instead;
        }

        Dictionary<string, T> Entries<T>(string field, bool isNeeded, Func<JsonElement, object?> read)
        {
            if (!fields.TryGetProperty(field, out var given)) return isNeeded ? Wrong<Dictionary<string, T>>(field, "an object of figures by name", []) : [];
            if (given.ValueKind != JsonValueKind.Object || given.EnumerateObject().Any(e => read(e.Value) is null))
                return Wrong<Dictionary<string, T>>(field, typeof(T) == typeof(double) ? "an object of figures by name" : "an object of texts by name", []);
            return given.EnumerateObject().ToDictionary(e => e.Name, e => (T)read(e.Value)!, StringComparer.Ordinal);
        }
    }
}
