namespace Diffusion.Checkpoints;

/// <summary>How a version came from another one.</summary>
/// <param name="Model">Model of the earlier version.</param>
/// <param name="Version">Its number.</param>
/// <param name="Role"><c>initial</c>: its weights were the first; <c>teacher</c>: it gave the targets; <c>average</c>: its weights are part of the mean; <c>imported</c>: it was exported here, and this is it again.</param>
public sealed record LineageLink(string Model, int Version, string Role)
{
    /// <summary>Its weights were where the training began.</summary>
    public const string Initial = "initial";

    /// <summary>It gave the targets.</summary>
    public const string Teacher = "teacher";

    /// <summary>Its weights are part of a mean.</summary>
    public const string Average = "average";

    /// <summary>It was exported, and comes back with the same weights.</summary>
    public const string Imported = "imported";
}

/// <summary>What became of a version.</summary>
public enum LineageState
{
    /// <summary>It is here.</summary>
    Present,

    /// <summary>It was here and was deleted; its manifest is still known.</summary>
    Deleted,

    /// <summary>It is named by another one and was never here, or its manifest is damaged.</summary>
    Unknown,
}

/// <summary>A version among its relatives.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Its number.</param>
/// <param name="State">Whether it is still here.</param>
/// <param name="Distance">Generations between it and the version that was asked for; 0 is that version itself.</param>
/// <param name="Manifest">What it says of itself; null if that is not known.</param>
public sealed record LineageNode(string Model, int Version, LineageState State, int Distance, CheckpointManifest? Manifest)
{
    /// <summary>What it came from.</summary>
    public IReadOnlyList<LineageLink> Parents => Manifest?.Ancestry ?? [];
}

/// <summary>Which version came from which, over all models of a store.</summary>
public sealed class Lineage
{
    private readonly Dictionary<(string Model, int Version), (LineageState State, CheckpointManifest Manifest)> known;
    private readonly ILookup<(string Model, int Version), (string Model, int Version)> children;

    private Lineage(Dictionary<(string, int), (LineageState, CheckpointManifest Manifest)> known)
    {
        this.known = known;
        children = known.SelectMany(k => k.Value.Manifest.Ancestry.Select(a => (Parent: (a.Model, a.Version), Child: k.Key))).Distinct().ToLookup(e => e.Parent, e => e.Child);
    }

    /// <summary>Reads the manifests of all versions, deleted ones too; damaged ones are passed over.</summary>
    public static Lineage Read(CheckpointStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var known = new Dictionary<(string, int), (LineageState, CheckpointManifest)>();
        foreach (var (model, version, deleted) in store.Everything())
        {
            try
            {
                known[(model, version)] = (deleted ? LineageState.Deleted : LineageState.Present, store.ReadManifest(model, version, deleted));
            }
            catch (CheckpointException)
            {
                // the list of models says what is damaged; here it is a version of which nothing is known
            }
        }
        return new Lineage(known);
    }

    /// <summary>The version and all that it came from, nearest first.</summary>
    public IReadOnlyList<LineageNode> Ancestors(string model, int version) => Walk((model, version), at => known.TryGetValue(at, out var found) ? found.Manifest.Ancestry.Select(a => (a.Model, a.Version)) : []);

    /// <summary>The version and all that came from it, nearest first.</summary>
    public IReadOnlyList<LineageNode> Descendants(string model, int version) => Walk((model, version), at => children[at]);

    private List<LineageNode> Walk((string Model, int Version) from, Func<(string, int), IEnumerable<(string Model, int Version)>> next)
    {
        var found = new List<LineageNode>();
        var seen = new HashSet<(string, int)> { from };
        var generation = new List<(string Model, int Version)> { from };
        for (var distance = 0; generation.Count > 0; distance++)
        {
            found.AddRange(generation.Select(at => known.TryGetValue(at, out var entry)
                ? new LineageNode(at.Model, at.Version, entry.State, distance, entry.Manifest)
                : new LineageNode(at.Model, at.Version, LineageState.Unknown, distance, null)));
            // a manifest may name itself, or a descendant: each is told once
            generation = [.. generation.SelectMany(next).Where(seen.Add).OrderBy(v => v.Model, StringComparer.Ordinal).ThenBy(v => v.Version)];
        }
        return found;
    }
}
