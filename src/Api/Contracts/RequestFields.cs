using System.Text.Json;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Primitives;

namespace Diffusion.Api.Contracts;

/// <summary>The fields of a request as text by name, whether they came in the query, in a JSON body or over the hub.</summary>
internal sealed class RequestFields
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    private RequestFields()
    {
    }

    /// <summary>What was given; a field that is empty or null counts as not given.</summary>
    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>Fields that could not be read as text.</summary>
    public List<FieldError> Errors { get; } = [];

    /// <summary>The fields of a query; a repeated <c>label</c> is a list.</summary>
    public static RequestFields OfQuery(IQueryCollection query)
    {
        var fields = new RequestFields();
        foreach (var (name, given) in query)
        {
            var texts = given.Where(v => !string.IsNullOrWhiteSpace(v)).Select(v => v!.Trim()).ToArray();
            if (texts.Length > 1 && name != "label") fields.Errors.Add(new(name, $"{name} is given {texts.Length} times; once is allowed."));
            else if (texts.Length > 0) fields.values[name] = string.Join(',', texts);
        }
        return fields;
    }

    /// <summary>
    /// The fields of a JSON object; <paramref name="except"/> names a member that somebody else reads. Sampler options
    /// may stand beside the other fields or in an object <c>options</c>.
    /// </summary>
    /// <exception cref="RequestRefusedException">It is not an object.</exception>
    public static RequestFields OfJson(JsonElement body, string? except = null)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw new RequestRefusedException(ProblemCatalogue.MalformedJson, $"The body must be a JSON object such as {{\"steps\": 4}}, got {Named(body.ValueKind)}.");
        var fields = new RequestFields();
        foreach (var member in body.EnumerateObject())
        {
            if (member.Name == except) continue;
            if (member is { Name: "options", Value.ValueKind: JsonValueKind.Object })
                foreach (var option in member.Value.EnumerateObject()) fields.Add(option);
            else fields.Add(member);
        }
        return fields;
    }

    /// <summary>The fields of a form, which may repeat what a query may.</summary>
    public static RequestFields OfForm(IEnumerable<KeyValuePair<string, string>> form) => OfQuery(new QueryCollection(
        form.GroupBy(f => f.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => new StringValues([.. g.Select(f => f.Value)]), StringComparer.Ordinal)));

    /// <summary>The same without the fields that somebody else reads.</summary>
    public RequestFields Without(Func<string, bool> isOther)
    {
        var rest = new RequestFields();
        foreach (var (name, value) in values.Where(v => !isOther(v.Key))) rest.values[name] = value;
        rest.Errors.AddRange(Errors);
        return rest;
    }

    /// <summary>These fields, and those of <paramref name="common"/> that are not among them.</summary>
    public RequestFields Over(RequestFields common)
    {
        var all = Without(_ => false);
        foreach (var (name, value) in common.values) all.values.TryAdd(name, value);
        return all;
    }

    /// <summary>Both together; the same field with two values is an error.</summary>
    public static RequestFields Merge(RequestFields query, RequestFields body)
    {
        var merged = new RequestFields();
        merged.Errors.AddRange(query.Errors);
        merged.Errors.AddRange(body.Errors);
        foreach (var (name, value) in query.values.Concat(body.values))
        {
            if (merged.values.TryAdd(name, value) || merged.values[name] == value) continue;
            merged.Errors.Add(new(name, $"{name} is '{merged.values[name]}' in the query and '{value}' in the body; give it once."));
        }
        return merged;
    }

    private void Add(JsonProperty member)
    {
        if (member.Value.ValueKind == JsonValueKind.Null) return;
        if (Text(member.Value) is not { } text)
            Errors.Add(new(member.Name, $"{member.Name} must be a number, a text or a list of them, got {Named(member.Value.ValueKind)}."));
        else if (text.Length > 0 && !values.TryAdd(member.Name, text) && values[member.Name] != text)
            Errors.Add(new(member.Name, $"{member.Name} is given twice, as '{values[member.Name]}' and '{text}'."));
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.String => value.GetString()!.Trim(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.Number or JsonValueKind.String)
            ? string.Join(',', value.EnumerateArray().Select(Text))
            : null,
        _ => null,
    };

    private static string Named(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
