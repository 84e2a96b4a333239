namespace Diffusion.Checkpoints;

/// <summary>What was measured of a version after it was published.</summary>
public sealed record VersionResult
{
    /// <summary>Most figures of one result.</summary>
    public const int MostMetrics = 256;

    /// <summary>The longest name or text.</summary>
    public const int LongestText = 256;

    /// <summary>Who measured what, such as the id of an evaluation; the same one twice is one.</summary>
    public required string Id { get; init; }

    /// <summary>When it was attached, UTC. The store fills it in.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The figures by name; finite.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>How they were measured: sampler, steps, images.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>What is wrong with it, or null.</summary>
    public string? Refusal() =>
        !IsText(Id) ? $"id must be 1 to {LongestText} characters without control characters."
        : Metrics.Count is 0 or > MostMetrics ? $"metrics must be 1 to {MostMetrics} figures by name."
        : Metrics.Keys.FirstOrDefault(n => !IsText(n)) is { } name ? $"metrics must have names of 1 to {LongestText} characters without control characters, got '{name}'."
        : Metrics.Where(m => !double.IsFinite(m.Value)).Select(m => m.Key).FirstOrDefault() is { } odd ? $"metrics must be finite; '{odd}' is not."
        : Settings.Count > MostMetrics || Settings.Any(s => !IsText(s.Key) || s.Value.Length > LongestText) ? $"settings must be up to {MostMetrics} texts by name, of up to {LongestText} characters."
        : null;

    /// <summary>Whether another one says the same.</summary>
    public bool Agrees(VersionResult other) => Id == other.Id && Same(Metrics, other.Metrics) && Same(Settings, other.Settings);

    private static bool IsText(string text) => text.Length is > 0 and <= LongestText && !text.Any(char.IsControl);

    private static bool Same<T>(IReadOnlyDictionary<string, T> a, IReadOnlyDictionary<string, T> b) where T : IEquatable<T> =>
        a.Count == b.Count && a.All(e => b.TryGetValue(e.Key, out var other) && e.Value.Equals(other));
}

/// <summary>What was measured of a version, as far as it can be trusted.</summary>
/// <param name="Results">In the order they came.</param>
/// <param name="Problem">Why what follows is not believed, or null.</param>
public sealed record VersionResults(IReadOnlyList<VersionResult> Results, string? Problem)
{
    /// <summary>The latest figure of each name; those of a manifest come first.</summary>
    public IReadOnlyDictionary<string, double> Latest(IReadOnlyDictionary<string, double> before)
    {
        var latest = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in before) latest[name] = value;
        foreach (var (name, value) in Results.SelectMany(r => r.Metrics)) latest[name] = value;
        return latest;
    }
}
