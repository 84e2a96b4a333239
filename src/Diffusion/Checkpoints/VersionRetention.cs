namespace Diffusion.Checkpoints;

/// <summary>How many versions of a model are kept.</summary>
/// <param name="KeepNewest">So many of the newest sound ones; null keeps all.</param>
/// <param name="MinimumAge">One that is younger stays.</param>
public sealed record RetentionRule(int? KeepNewest, TimeSpan MinimumAge);

/// <summary>What becomes of a version.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Bytes">Bytes of its files.</param>
/// <param name="Kept">Every reason to keep it; none, and it goes.</param>
public sealed record RetentionVerdict(int Version, long Bytes, IReadOnlyList<string> Kept);

/// <summary>Which versions of a model are still needed. Pure, but for the hash of those that count as newest.</summary>
public static class VersionRetention
{
    /// <summary>Judges every version of a model.</summary>
    /// <param name="versions">All whole versions.</param>
    /// <param name="rule">What to keep.</param>
    /// <param name="aliases">Alias to version.</param>
    /// <param name="pinned">Versions that are kept because somebody said so.</param>
    /// <param name="needed">Versions that are needed elsewhere, with the reason: in use, or begun with by a job that is not over.</param>
    /// <param name="isSound">Whether the files of a version are what its manifest says; asked from the newest on until enough are.</param>
    /// <param name="now">The time.</param>
    /// <returns>Ascending.</returns>
    public static IReadOnlyList<RetentionVerdict> Judge(
        IReadOnlyList<CheckpointManifest> versions, RetentionRule rule, IReadOnlyDictionary<string, int> aliases, IReadOnlyCollection<int> pinned,
        ILookup<int, string> needed, Func<int, bool> isSound, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(versions);
        ArgumentNullException.ThrowIfNull(rule);
        var standing = aliases.ToLookup(a => a.Value, a => a.Key);
        var (newest, damaged) = Newest(versions, rule.KeepNewest, isSound);
        var chosen = versions.Where(v => standing[v.Version].Any() || pinned.Contains(v.Version)).ToArray();
        return [.. versions.OrderBy(v => v.Version).Select(v => new RetentionVerdict(v.Version, v.Files.Values.Sum(f => f.Bytes), [.. Reasons(v)]))];

        IEnumerable<string> Reasons(CheckpointManifest one)
        {
            var version = one.Version;
            if (rule.KeepNewest is not { } most) yield return "nothing is deleted: no number of versions is set";
            else if (newest.Contains(version)) yield return most == 1 ? "the newest" : $"one of the newest {most}";
            if (damaged.Contains(version)) yield return "damaged, and so left to be looked at";
            foreach (var alias in standing[version].Order(StringComparer.Ordinal)) yield return $"alias {alias}";
            if (pinned.Contains(version)) yield return "pinned";
            foreach (var reason in needed[version].Distinct().Order(StringComparer.Ordinal)) yield return reason;
            // what serves or is held dear can be compared with what it came from, and trained again
            foreach (var child in chosen.Where(c => c.Ancestry.Any(a => a.Model == one.Model && a.Version == version && a.Version != c.Version))) yield return $"version {child.Version} came from it";
            if (now - one.Created < rule.MinimumAge) yield return "too young";
        }
    }

    private static (HashSet<int> Newest, HashSet<int> Damaged) Newest(IReadOnlyList<CheckpointManifest> versions, int? most, Func<int, bool> isSound)
    {
        var (newest, damaged) = (new HashSet<int>(), new HashSet<int>());
        // a damaged version must not be the reason why a sound one goes
        foreach (var version in versions.Select(v => v.Version).OrderDescending())
            if (newest.Count == (most ?? 0)) break;
            else (isSound(version) ? newest : damaged).Add(version);
        return (newest, damaged);
    }
}
