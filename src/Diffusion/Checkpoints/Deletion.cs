namespace Diffusion.Checkpoints;

/// <summary>Takes a version away so that a crash at any moment leaves it whole or gone.</summary>
internal static class Deletion
{
    /// <summary>Deletes the version in a folder; the model's lock is held.</summary>
    public static void Run(string folder)
    {
        File.Move(Path.Combine(folder, CheckpointStore.ManifestFile), Path.Combine(folder, CheckpointStore.DeletedFile), overwrite: true);
        Durable.FlushFolder(folder);
        Empty(folder);
    }

    /// <summary>Ends deletions that were cut short.</summary>
    /// <returns>The names of the folders that were emptied.</returns>
    public static IReadOnlyList<string> Finish(string home, TimeProvider time, CancellationToken cancellation)
    {
        if (!Directory.EnumerateDirectories(home, "v*").Any(IsUnfinished)) return [];
        using var held = ModelLock.Take(Path.Combine(home, Publication.LockFile), time, cancellation);
        var finished = new List<string>();
        foreach (var folder in Directory.GetDirectories(home, "v*").Where(IsUnfinished))
        {
            Empty(folder);
            finished.Add(Path.GetFileName(folder));
        }
        return finished;
    }

    // only what says itself that it is deleted: a folder without a manifest may be a copy on its way
    private static bool IsUnfinished(string folder) =>
        File.Exists(Path.Combine(folder, CheckpointStore.DeletedFile)) && !File.Exists(Path.Combine(folder, CheckpointStore.ManifestFile))
        && Directory.EnumerateFiles(folder).Any(f => Path.GetFileName(f) != CheckpointStore.DeletedFile);

    private static void Empty(string folder)
    {
        foreach (var entry in Directory.GetFiles(folder).Where(f => Path.GetFileName(f) != CheckpointStore.DeletedFile)) File.Delete(entry);
        Durable.FlushFolder(folder);
    }
}
