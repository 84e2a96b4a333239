namespace Diffusion.Checkpoints;

/// <summary><c>aliases.json</c> of a model folder: where each alias stands, and where it stood.</summary>
internal sealed record AliasFile
{
    public const string Name = "aliases.json";

    /// <summary>Places that are remembered of each alias.</summary>
    public const int MostBefore = 32;

    public int Format { get; init; } = ManifestJson.Format;

    public required IReadOnlyDictionary<string, int> Aliases { get; init; }

    /// <summary>Of aliases that were moved; one that was written by an earlier build has none.</summary>
    public IReadOnlyDictionary<string, AliasHistory> History { get; init; } = new Dictionary<string, AliasHistory>();

    /// <summary>Versions that retention leaves alone, ascending.</summary>
    public IReadOnlyList<int> Pinned { get; init; } = [];

    public AliasState? State(string alias) => !Aliases.TryGetValue(alias, out var version) ? null
        : History.TryGetValue(alias, out var history) ? new(version, history.Changed, history.Before) : new(version, null, []);

    /// <summary>The alias on another version; to stay where it stands is no move.</summary>
    public AliasFile Moved(string alias, int version, DateTimeOffset now) => State(alias) switch
    {
        null => With(alias, version, new(now, [])),
        { Version: var stands } when stands == version => this,
        { Version: var stands, Before: var before } => With(alias, version, new(now, [.. before.Append(stands).TakeLast(MostBefore)])),
    };

    /// <summary>The alias on the version before, or null if there is none.</summary>
    public AliasFile? RolledBack(string alias, DateTimeOffset now) =>
        State(alias) is { Before: [.., var last] before } ? With(alias, last, new(now, [.. before.SkipLast(1)])) : null;

    public AliasFile Without(string alias) => this with
    {
        Aliases = Sorted(Aliases.Where(a => a.Key != alias)),
        History = Sorted(History.Where(h => h.Key != alias)),
    };

    public AliasFile WithPin(int version, bool pinned) =>
        Pinned.Contains(version) == pinned ? this : this with { Pinned = pinned ? [.. Pinned.Append(version).Order()] : [.. Pinned.Where(p => p != version)] };

    /// <summary>Forgets that any alias ever stood on the version, or that it was pinned.</summary>
    public AliasFile WithoutVersion(int version) => this with
    {
        Pinned = [.. Pinned.Where(p => p != version)],
        History = Sorted(History.Select(h => KeyValuePair.Create(h.Key, h.Value with { Before = Joined(h.Key, h.Value.Before.Where(v => v != version)) }))),
    };

    private AliasFile With(string alias, int version, AliasHistory history) => this with
    {
        Aliases = Sorted(Aliases.Where(a => a.Key != alias).Append(new(alias, version))),
        History = Sorted(History.Where(h => h.Key != alias).Append(new(alias, history))),
    };

    // with a version gone, its neighbours may be the same, and a step back would go nowhere
    private IReadOnlyList<int> Joined(string alias, IEnumerable<int> before)
    {
        var joined = new List<int>();
        foreach (var version in before)
            if (joined.Count == 0 || joined[^1] != version) joined.Add(version);
        if (joined.Count > 0 && Aliases.TryGetValue(alias, out var stands) && joined[^1] == stands) joined.RemoveAt(joined.Count - 1);
        return joined;
    }

    private static SortedDictionary<string, T> Sorted<T>(IEnumerable<KeyValuePair<string, T>> entries) => new(entries.ToDictionary(), StringComparer.Ordinal);
}

/// <summary>Where an alias stood before.</summary>
/// <param name="Changed">When it was moved last, UTC.</param>
/// <param name="Before">Versions, the latest last.</param>
internal sealed record AliasHistory(DateTimeOffset Changed, IReadOnlyList<int> Before);
