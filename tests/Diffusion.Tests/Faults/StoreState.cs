using Diffusion.Checkpoints;

namespace Diffusion.Tests.Faults;

/// <summary>What a reader sees of a store, as text that can be compared; what is damaged or half there throws.</summary>
internal static class StoreState
{
    public static string Of(string root)
    {
        var store = Chapter.Open(root);
        var versions = store.Versions(Chapter.Model);
        foreach (var number in versions)
        {
            var version = store.Find(Chapter.Model, $"{number}")!;
            CheckpointStore.Verify(version);
            if (version.Manifest.ImagesSeen != number || !File.ReadAllBytes(version.PathOf(CheckpointVersion.WeightsFile)).AsSpan().SequenceEqual(Chapter.Weights(number)))
                throw new InvalidDataException($"Version {number} is whole and not itself.");
        }
        if (store.NewestValid(Chapter.Model)?.Manifest.Version != (versions.Count > 0 ? versions[^1] : null)) throw new InvalidDataException("The newest version is not the newest valid one.");
        var alias = store.Alias(Chapter.Model, Chapter.Alias);
        // a deletion that is not over may leave what the next one passes over
        var before = alias?.Before.Where(versions.Contains).ToArray() ?? [];
        var results = versions.Select(v => (v, Read: store.Results(Chapter.Model, v))).ToArray();
        if (results.FirstOrDefault(r => r.Read.Problem is not null).Read?.Problem is { } damaged) throw new InvalidDataException(damaged);
        return $"versions {string.Join(",", versions)}; alias {alias?.Version} before {string.Join(",", before)}; pinned {string.Join(",", store.Pinned(Chapter.Model).Where(versions.Contains))}; "
            + $"results {string.Join(" ", results.Select(r => $"{r.v}:{string.Join(",", r.Read.Results.Select(one => one.Id))}"))}";
    }

    /// <summary>What a restarted process does: cleans up, and publishes. Gives what is wrong, or null.</summary>
    public static string? Afterwards(string root)
    {
        var store = Chapter.Open(root);
        var before = Of(root);
        store.RemoveLeftovers();
        if (Of(root) != before) return $"cleaning up made '{before}' into '{Of(root)}'";
        var home = Path.Combine(root, Chapter.Model);
        if (Directory.Exists(home) && Directory.GetFileSystemEntries(home, ".new-*") is [var left, ..]) return $"{Path.GetFileName(left)} was left";
        foreach (var folder in Directory.Exists(home) ? Directory.GetDirectories(home, "v*") : [])
            if (!File.Exists(Path.Combine(folder, "manifest.json")) && Directory.GetFiles(folder).Any(f => Path.GetFileName(f) != "deleted.json")) return $"{folder} was not emptied";
        var numbers = Directory.Exists(home) ? Directory.GetDirectories(home, "v*").Select(f => int.Parse(Path.GetFileName(f)[1..], System.Globalization.CultureInfo.InvariantCulture)).DefaultIfEmpty().Max() : 0;
        var next = store.Publish(Chapter.Model, v => store.Find(Chapter.Model)?.Manifest ?? Diffusion.Tests.Checkpoints.CheckpointStoreTests.Manifest(v), into => File.WriteAllBytes(Path.Combine(into, CheckpointVersion.WeightsFile), Chapter.Weights(numbers + 1)));
        CheckpointStore.Verify(next);
        return next.Manifest.Version == numbers + 1 ? null : $"the next version is {next.Manifest.Version}, not {numbers + 1}";
    }

    /// <summary>The states before the first chapter, after it, and so on.</summary>
    public static IReadOnlyList<string> Expected { get; } = Tell();

    private static List<string> Tell()
    {
        using var folder = new Diffusion.Testing.TemporaryFolder();
        var states = new List<string> { Of(folder["models"]) };
        for (var i = 0; i < Chapter.Count; i++)
        {
            Chapter.Tell(Chapter.Open(folder["models"]), i);
            states.Add(Of(folder["models"]));
        }
        return states;
    }
}
