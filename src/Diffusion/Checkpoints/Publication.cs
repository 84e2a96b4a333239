namespace Diffusion.Checkpoints;

/// <summary>The steps after which a crash may come; see <see cref="CheckpointStore.Publish"/>.</summary>
internal enum PublicationStep
{
    Begun,
    FilesFlushed,
    ManifestWritten,
    Renamed,
    AliasWritten,
}

/// <summary>
/// One version on its way: a hidden sibling folder on the same volume, which a rename makes visible once everything
/// in it is on the disk. A lock file beside it says that its writer is alive.
/// </summary>
internal sealed class Publication : IDisposable
{
    public const string LockFile = ".lock";

    private const string Prefix = ".new-", OwnerSuffix = ".owner";

    private readonly string home;
    private readonly TimeProvider time;
    private readonly Action<PublicationStep>? observer;
    private readonly ModelLock owner;

    private Publication(string home, string folder, ModelLock owner, TimeProvider time, Action<PublicationStep>? observer) =>
        (this.home, Folder, this.owner, this.time, this.observer) = (home, folder, owner, time, observer);

    /// <summary>Where the files are to be written.</summary>
    public string Folder { get; }

    public static string NewName(string what) => $"{Prefix}{Guid.NewGuid():N}-{what}";

    public static Publication Begin(string home, TimeProvider time, Action<PublicationStep>? observer, CancellationToken cancellation)
    {
        // under the model's lock, so that RemoveLeftovers never meets a folder whose owner is not yet marked
        using var held = ModelLock.Take(Path.Combine(home, LockFile), time, cancellation);
        var folder = Path.Combine(home, NewName("version"));
        var owner = ModelLock.TryTake(folder + OwnerSuffix) ?? throw new IOException($"'{folder}{OwnerSuffix}' is in use.");
        var publication = new Publication(home, folder, owner, time, observer);
        try
        {
            Directory.CreateDirectory(folder);
            observer?.Invoke(PublicationStep.Begun);
            return publication;
        }
        catch
        {
            publication.Dispose();
            throw;
        }
    }

    /// <summary>Flushes what was written and returns its digests.</summary>
    public IReadOnlyDictionary<string, FileDigest> SealFiles()
    {
        var files = new SortedDictionary<string, FileDigest>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFileSystemEntries(Folder))
        {
            var name = Path.GetFileName(path);
            if (!File.Exists(path) || !CheckpointNames.IsFile(name)) throw new CheckpointException($"A version cannot have an entry '{name}'.", name);
            Durable.FlushFile(path);
            files[name] = CheckpointStore.Digest(path);
        }
        if (files.Count == 0) throw new CheckpointException("A version needs at least one file.");
        observer?.Invoke(PublicationStep.FilesFlushed);
        return files;
    }

    /// <summary>Writes the manifest and makes the folder visible under the next number.</summary>
    public int Commit(Func<int> nextVersion, Func<int, CheckpointManifest> manifest, CancellationToken cancellation)
    {
        using var held = ModelLock.Take(Path.Combine(home, LockFile), time, cancellation);
        var version = nextVersion();
        Durable.WriteFile(Path.Combine(Folder, CheckpointStore.ManifestFile), ManifestJson.Write(manifest(version)));
        Durable.FlushFolder(Folder);
        observer?.Invoke(PublicationStep.ManifestWritten);
        Directory.Move(Folder, Path.Combine(home, CheckpointNames.FolderOf(version)));
        Durable.FlushFolder(home);
        observer?.Invoke(PublicationStep.Renamed);
        return version;
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        owner.Dispose();
        File.Delete(Folder + OwnerSuffix);
    }

    public static IReadOnlyList<string> RemoveLeftovers(string home, TimeProvider time, CancellationToken cancellation)
    {
        // a read-only or untouched folder must not get a lock file only to find nothing
        if (!Directory.EnumerateFileSystemEntries(home, Prefix + "*").Any()) return [];
        using var held = ModelLock.Take(Path.Combine(home, LockFile), time, cancellation);
        var removed = new List<string>();
        foreach (var path in Directory.GetFileSystemEntries(home, Prefix + "*").Where(p => !p.EndsWith(OwnerSuffix, StringComparison.Ordinal)))
        {
            using var owner = ModelLock.TryTake(path + OwnerSuffix);
            if (owner is null) continue;
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
            removed.Add(Path.GetFileName(path));
        }
        foreach (var path in Directory.GetFiles(home, Prefix + "*" + OwnerSuffix))
        {
            if (ModelLock.TryTake(path) is not { } owner) continue;
            owner.Dispose();
            File.Delete(path);
        }
        return removed;
    }
}
