using System.Globalization;
using System.Text.Json;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Jobs;

/// <summary>
/// Reads the fields of a JSON object and collects what is wrong instead of stopping at the first problem. A field
/// without a fallback is required; a field that nobody asked for is refused by <see cref="Close"/>.
/// </summary>
internal sealed class JobFields(JsonElement? element, string path, List<string> problems)
{
    private readonly HashSet<string> asked = new(StringComparer.Ordinal), wrong = new(StringComparer.Ordinal);

    /// <summary>Whether the object itself is there.</summary>
    public bool Present => element is not null;

    public bool Has(string name) => Find(name) is not null;

    public string Text(string name, string? fallback = null) =>
        Find(name) is not { } value ? Missing(name, fallback)
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
        : Wrong(name, "must be text", fallback ?? "");

    public string Name(string name)
    {
        var text = Text(name);
        return text.Length == 0 || CheckpointNames.IsName(text) ? text : Wrong(name, "must be 1 to 64 of a-z, 0-9 and '-', not starting with '-'", text);
    }

    public string Word(string name, IReadOnlyList<string> allowed, string? fallback = null)
    {
        if (Find(name) is not { } value) return Missing(name, fallback);
        return value.ValueKind == JsonValueKind.String && allowed.Contains(value.GetString()!)
            ? value.GetString()! : Wrong(name, $"must be one of {string.Join(", ", allowed)}", allowed[0]);
    }

    public T Word<T>(string name, T fallback) where T : struct, Enum => EnumWords.Parse<T>(Word(name, EnumWords.All<T>(), EnumWords.Of(fallback)));

    public long Whole(string name, long minimum, long maximum, long? fallback = null) =>
        Find(name) is not { } value ? Missing(name, fallback)
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) && whole >= minimum && whole <= maximum ? whole
        : Wrong(name, $"must be a whole number in {minimum}..{maximum}", fallback ?? minimum);

    public int Int(string name, int minimum, int maximum, int? fallback = null) => (int)Whole(name, minimum, maximum, fallback);

    public double Number(string name, double minimum, double maximum, double? fallback = null) =>
        Find(name) is not { } value ? Missing(name, fallback)
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= minimum && number <= maximum ? number
        : Wrong(name, string.Create(CultureInfo.InvariantCulture, $"must be a number in {minimum}..{maximum}"), fallback ?? minimum);

    public bool Flag(string name, bool fallback) =>
        Find(name) is not { } value ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : Wrong(name, "must be true or false", fallback);

    public IReadOnlyList<int> Ints(string name, int minimum, int maximum, IReadOnlyList<int>? fallback = null)
    {
        if (Find(name) is not { } value) return Missing(name, fallback);
        var good = value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var i) && i >= minimum && i <= maximum);
        return good ? [.. value.EnumerateArray().Select(v => v.GetInt32())] : Wrong(name, $"must be a list of whole numbers in {minimum}..{maximum}", fallback ?? []);
    }

    public IReadOnlyDictionary<string, string> Words(string name)
    {
        if (Find(name) is not { } value) return new Dictionary<string, string>();
        return value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.String)
            ? value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!)
            : Wrong(name, "must be an object of texts", new Dictionary<string, string>());
    }

    /// <summary>A list of words, each once; required.</summary>
    public IReadOnlyList<string> WordList(string name, IReadOnlyList<string> allowed)
    {
        if (Find(name) is not { } value) return [Missing<string>(name, null)];
        var good = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
            && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String && allowed.Contains(v.GetString()!));
        return good ? [.. value.EnumerateArray().Select(v => v.GetString()!).Distinct()] : Wrong<IReadOnlyList<string>>(name, $"must be a list of {string.Join(", ", allowed)}", []);
    }

    /// <summary>A text, or a whole number as text; null if it is not given.</summary>
    public string? TextOrNumber(string name) =>
        Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var whole) ? whole.ToString(CultureInfo.InvariantCulture)
        : Wrong<string?>(name, "must be a text or a whole number", null);

    /// <summary>A list of objects; null if it is not given.</summary>
    public IReadOnlyList<JobFields>? Sections(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.Object))
            return Wrong<IReadOnlyList<JobFields>?>(name, "must be a list of objects", null);
        return [.. value.EnumerateArray().Select((v, i) => new JobFields(v, string.Create(CultureInfo.InvariantCulture, $"{At(name)}[{i}]"), problems))];
    }

    /// <summary>A nested object; a missing one reads as all fallbacks.</summary>
    public JobFields Section(string name)
    {
        if (Find(name) is not { } value) return new JobFields(null, At(name), problems);
        if (value.ValueKind == JsonValueKind.Object) return new JobFields(value, At(name), problems);
        Complain(name, "must be an object");
        return new JobFields(null, At(name), problems);
    }

    /// <summary>Whether a field of this object was complained about.</summary>
    public bool Refused => wrong.Count > 0;

    /// <summary>Whether that field was.</summary>
    public bool IsWrong(string name) => wrong.Contains(name);

    public void Complain(string name, string problem)
    {
        wrong.Add(name);
        var line = $"{At(name)}: {problem}.";
        if (!problems.Contains(line)) problems.Add(line);
    }

    /// <summary>Refuses what is left over.</summary>
    public void Close()
    {
        if (element is not { } value) return;
        foreach (var property in value.EnumerateObject())
            if (!asked.Contains(property.Name)) Complain(property.Name, $"unknown field; known: {string.Join(", ", asked.Order(StringComparer.Ordinal))}");
    }

    private JsonElement? Find(string name)
    {
        asked.Add(name);
        return element is { } e && e.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private T Missing<T>(string name, T? fallback) where T : class
    {
        if (fallback is not null) return fallback;
        Complain(name, "is missing");
        return typeof(T) == typeof(string) ? (T)(object)"" : (T)(object)Array.Empty<int>();
    }

    private T Missing<T>(string name, T? fallback) where T : struct
    {
        if (fallback is { } value) return value;
        Complain(name, "is missing");
        return default;
    }

    private T Wrong<T>(string name, string problem, T instead)
    {
        Complain(name, problem);
        return instead;
    }

    private string At(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
