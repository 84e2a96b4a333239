using System.Globalization;
using System.Security.Cryptography;
using Diffusion.Schedules;

namespace Diffusion.Checkpoints;

/// <summary>
/// Models as folders of immutable versions: <c>root/model/v000001/{manifest.json, model.safetensors}</c> and
/// <c>root/model/aliases.json</c>. Any number of processes may read and publish; readers take no lock.
/// </summary>
/// <param name="root">The folder of all models; need not exist yet.</param>
/// <param name="time">Stamps versions, and paces the wait for another process's short write.</param>
public sealed class CheckpointStore(string root, TimeProvider time)
{
    /// <summary>The alias that an unnamed version means.</summary>
    public const string DefaultAlias = "default";

    internal const string ManifestFile = "manifest.json";

    // published schedules have up to 8000; this only keeps a damaged number from filling the memory
    private const int MaximumSteps = 1_000_000;

    private readonly string root = Path.GetFullPath(root);

    /// <summary>Called after each step of a publication; tests look at the disk there.</summary>
    internal Action<PublicationStep>? Observer { get; init; }

    /// <summary>The folder of all models.</summary>
    public string Root => root;

    /// <summary>Names of the models that have a version, sorted.</summary>
    public IReadOnlyList<string> Models() => Directory.Exists(root)
        ? [.. Directory.EnumerateDirectories(root).Select(f => Path.GetFileName(f)!).Where(m => CheckpointNames.IsName(m) && Versions(m).Count > 0).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Numbers of the whole versions of a model, ascending; empty for an unknown model.</summary>
    public IReadOnlyList<int> Versions(string model) =>
        [.. Numbers(model).Where(v => File.Exists(Path.Combine(FolderOf(model, v), ManifestFile)))];

    /// <summary>The version that a request means, or null if there is none.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="versionOrAlias">"3", "v000003", an alias, or empty: the alias <c>default</c> if set, else the newest.</param>
    /// <exception cref="CheckpointException">It exists, but its manifest is damaged or of a later format.</exception>
    public CheckpointVersion? Find(string model, string? versionOrAlias = null)
    {
        if (!CheckpointNames.IsName(model)) return null;
        var versions = Versions(model);
        int? number;
        if (string.IsNullOrEmpty(versionOrAlias))
            number = Aliases(model).TryGetValue(DefaultAlias, out var standard) ? standard : versions.Count > 0 ? versions[^1] : null;
        else if (CheckpointNames.ParseVersion(versionOrAlias) is { } named)
            number = named;
        else
            number = Aliases(model).TryGetValue(versionOrAlias, out var pointed) ? pointed : null;
        return number is { } version && versions.Contains(version) ? Load(model, version) : null;
    }

    /// <summary>The newest version whose files all match the manifest, or null.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="refused">Told of every newer version that was passed over, and why.</param>
    public CheckpointVersion? NewestValid(string model, Action<CheckpointException>? refused = null)
    {
        foreach (var number in Versions(model).Reverse())
        {
            try
            {
                var version = Load(model, number);
                Verify(version);
                return version;
            }
            catch (CheckpointException damage)
            {
                refused?.Invoke(damage);
            }
        }
        return null;
    }

    /// <summary>Hashes every file of a version.</summary>
    /// <exception cref="CheckpointException">A file is missing, or is not what the manifest says; names it.</exception>
    public static void Verify(CheckpointVersion version)
    {
        foreach (var (file, expected) in version.Manifest.Files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var path = version.PathOf(file);
            if (!File.Exists(path)) throw new CheckpointException($"'{path}' is missing.", file);
            var found = Digest(path);
            if (found.Bytes != expected.Bytes) throw new CheckpointException($"'{path}' has {found.Bytes} bytes; the manifest says {expected.Bytes}.", file);
            if (found.Sha256 != expected.Sha256) throw new CheckpointException($"'{path}' does not have the SHA-256 that the manifest says.", file);
        }
    }

    /// <summary>
    /// Publishes the next version. A crash at any moment leaves either the whole version or none.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="manifest">Makes the manifest for the number that the version gets. The store itself fills in
    /// <see cref="CheckpointManifest.Model"/>, <see cref="CheckpointManifest.Version"/>,
    /// <see cref="CheckpointManifest.Created"/> and <see cref="CheckpointManifest.Files"/>.</param>
    /// <param name="writeFiles">Writes the files, without subfolders, into the given folder.</param>
    /// <param name="cancellation">Ends the wait for another writer.</param>
    /// <exception cref="ArgumentException">Not a model name.</exception>
    /// <exception cref="CheckpointException">A file name is not allowed, or no file was written.</exception>
    public CheckpointVersion Publish(
        string model, Func<int, CheckpointManifest> manifest, Action<string> writeFiles, CancellationToken cancellation = default)
    {
        CheckpointNames.RequireName(model, nameof(model));
        var home = Path.Combine(root, model);
        if (!Directory.Exists(home))
        {
            Directory.CreateDirectory(home);
            Durable.FlushFolder(root);
        }
        using var publication = Publication.Begin(home, time, Observer, cancellation);
        writeFiles(publication.Folder);
        var files = publication.SealFiles();
        var number = publication.Commit(
            () => Numbers(model) is [.., var newest] ? newest + 1 : 1,
            version => manifest(version) with { Model = model, Version = version, Created = time.GetUtcNow(), Files = files },
            cancellation);
        return Load(model, number);
    }

    /// <summary>Where each alias of a model stands; empty for an unknown model.</summary>
    /// <exception cref="CheckpointException">The alias file is damaged.</exception>
    public IReadOnlyDictionary<string, int> Aliases(string model) => ReadAliases(model).Aliases;

    /// <summary>Where one alias stands and stood, or null if it is not set.</summary>
    /// <exception cref="CheckpointException">The alias file is damaged.</exception>
    public AliasState? Alias(string model, string alias) => ReadAliases(model).State(alias);

    /// <summary>Moves an alias in one step that readers see whole.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="alias">Alias name; not one that reads as a version.</param>
    /// <param name="version">An existing version.</param>
    /// <param name="expectedCurrent">Where the caller believes it stands: a version, 0 for "not set", null to move it in any case.</param>
    /// <param name="cancellation">Ends the wait for another writer.</param>
    /// <returns>Where it stood before, or null.</returns>
    /// <exception cref="AliasConflictException">It stands elsewhere than expected.</exception>
    /// <exception cref="CheckpointException">No such version.</exception>
    public int? SetAlias(string model, string alias, int version, int? expectedCurrent = null, CancellationToken cancellation = default)
    {
        int? before = null;
        MoveAlias(model, alias, version, now => Expect(now), cancellation);
        return before;

        void Expect(AliasState? now)
        {
            before = now?.Version;
            if (expectedCurrent is { } expected && expected != (before ?? 0))
                throw new AliasConflictException($"Alias '{alias}' of '{model}' stands on {(before is null ? "nothing" : $"version {before}")}, not on {expected}.", before);
        }
    }

    /// <summary>Moves an alias, and remembers where it stood.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="alias">Alias name; not one that reads as a version.</param>
    /// <param name="version">An existing version.</param>
    /// <param name="require">Told where it stands before anything changes, while nobody else can move it; throws to leave it there.</param>
    /// <param name="cancellation">Ends the wait for another writer.</param>
    /// <returns>Where it stands now.</returns>
    /// <exception cref="CheckpointException">No such version.</exception>
    public AliasState MoveAlias(string model, string alias, int version, Action<AliasState?>? require = null, CancellationToken cancellation = default)
    {
        CheckpointNames.RequireName(alias, nameof(alias));
        if (CheckpointNames.ParseVersion(alias) is not null) throw new ArgumentException($"'{alias}' reads as a version number.", nameof(alias));
        RequireVersion(model, version);
        return ChangeAliases(model, cancellation, file =>
        {
            require?.Invoke(file.State(alias));
            RequireVersion(model, version);
            return file.Moved(alias, version, time.GetUtcNow());
        }).State(alias)!;
    }

    /// <summary>Moves an alias to where it stood before.</summary>
    /// <returns>Where it stands now, or null if it never stood elsewhere.</returns>
    /// <inheritdoc cref="MoveAlias"/>
    public AliasState? RollBackAlias(string model, string alias, Action<AliasState?>? require = null, CancellationToken cancellation = default)
    {
        var moved = false;
        var state = ChangeAliases(model, cancellation, file =>
        {
            require?.Invoke(file.State(alias));
            // a deletion that was cut short, or by hand, may have left versions that are gone
            var known = Versions(model);
            var gone = file.State(alias)?.Before.Except(known) ?? [];
            var before = gone.Aggregate(file, (f, version) => f.WithoutVersion(version)).RolledBack(alias, time.GetUtcNow());
            moved = before is not null;
            return before ?? file;
        }).State(alias);
        return moved ? state : null;
    }

    /// <summary>Removes an alias; one that is not set stays so.</summary>
    /// <inheritdoc cref="MoveAlias"/>
    public void RemoveAlias(string model, string alias, Action<AliasState?>? require = null, CancellationToken cancellation = default) =>
        ChangeAliases(model, cancellation, file =>
        {
            require?.Invoke(file.State(alias));
            return file.Without(alias);
        });

    /// <summary>
    /// Deletes a version: first its manifest, with which it is gone for everybody, then its files. The empty folder
    /// stays, so that its number is never given to another version.
    /// </summary>
    /// <exception cref="AliasConflictException">An alias stands on it.</exception>
    /// <exception cref="CheckpointException">No such version.</exception>
    public void DeleteVersion(string model, int version, CancellationToken cancellation = default)
    {
        RequireVersion(model, version);
        ChangeAliases(model, cancellation, file =>
        {
            RequireVersion(model, version);
            if (file.Aliases.Where(a => a.Value == version).Select(a => a.Key).Order(StringComparer.Ordinal).ToArray() is [_, ..] held)
                throw new AliasConflictException($"Version {version} of '{model}' is what {string.Join(", ", held)} stands on.", version);
            var folder = FolderOf(model, version);
            File.Delete(Path.Combine(folder, ManifestFile));
            Durable.FlushFolder(folder);
            foreach (var entry in Directory.GetFiles(folder)) File.Delete(entry);
            return file.WithoutVersion(version);
        });
    }

    /// <summary>Deletes what crashed publications left behind; those of live processes stay. Call at start.</summary>
    /// <returns>The names of what was deleted.</returns>
    public IReadOnlyList<string> RemoveLeftovers(CancellationToken cancellation = default) => Directory.Exists(root)
        ? [.. Directory.EnumerateDirectories(root).Where(f => CheckpointNames.IsName(Path.GetFileName(f))).SelectMany(f => Publication.RemoveLeftovers(f, time, cancellation)).ToArray()]
        : [];

    internal static FileDigest Digest(string path)
    {
        using var file = File.OpenRead(path);
        return new FileDigest(file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    private CheckpointVersion Load(string model, int number)
    {
        var folder = FolderOf(model, number);
        var path = Path.Combine(folder, ManifestFile);
        var manifest = ManifestJson.Read<CheckpointManifest>(path);
        if (manifest.Model != model || manifest.Version != number)
            throw new CheckpointException($"'{path}' is of {manifest.Model} version {manifest.Version}.", ManifestFile);
        if (manifest.Files.Keys.FirstOrDefault(f => !CheckpointNames.IsFile(f)) is { } bad)
            throw new CheckpointException($"'{path}' lists a file '{bad}', which is not an allowed name.", ManifestFile);
        RequireSchedule(manifest.Schedule, path);
        return new CheckpointVersion(manifest, folder);
    }

    /// <summary>Refuses a schedule that <see cref="CheckpointManifest.Traits"/> could not make.</summary>
    private static void RequireSchedule(ScheduleReference schedule, string path)
    {
        try
        {
            if (schedule.Steps > MaximumSteps) throw new ArgumentException($"{schedule.Steps} steps are more than {MaximumSteps}.");
            ScheduleCatalogue.Create(schedule.Name, schedule.Steps);
        }
        catch (ArgumentException cause)
        {
            throw new CheckpointException($"'{path}' has no usable schedule: {cause.Message}", ManifestFile, cause);
        }
    }

    private IEnumerable<int> VersionFolders(string home) => Directory.Exists(home)
        ? Directory.EnumerateDirectories(home, "v*")
            .Select(f => Path.GetFileName(f)!)
            .Where(f => int.TryParse(f.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && CheckpointNames.FolderOf(number) == f)
            .Select(f => int.Parse(f.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture))
        : [];

    private int[] Numbers(string model) => CheckpointNames.IsName(model) ? [.. VersionFolders(Path.Combine(root, model)).Order()] : [];

    private string FolderOf(string model, int number) => Path.Combine(root, model, CheckpointNames.FolderOf(number));

    private AliasFile ReadAliases(string model)
    {
        var path = CheckpointNames.IsName(model) ? Path.Combine(root, model, AliasFile.Name) : null;
        return path is not null && File.Exists(path) ? ManifestJson.Read<AliasFile>(path) : new AliasFile { Aliases = new Dictionary<string, int>() };
    }

    private AliasFile ChangeAliases(string model, CancellationToken cancellation, Func<AliasFile, AliasFile> change)
    {
        CheckpointNames.RequireName(model, nameof(model));
        var home = Path.Combine(root, model);
        using var held = ModelLock.Take(Path.Combine(home, Publication.LockFile), time, cancellation);
        var before = ReadAliases(model);
        var changed = change(before);
        if (changed == before) return before;
        var aside = Path.Combine(home, Publication.NewName(AliasFile.Name));
        Durable.WriteFile(aside, ManifestJson.Write(changed));
        Observer?.Invoke(PublicationStep.AliasWritten);
        File.Move(aside, Path.Combine(home, AliasFile.Name), overwrite: true);
        Durable.FlushFolder(home);
        return changed;
    }

    private void RequireVersion(string model, int version)
    {
        if (!Versions(model).Contains(version)) throw new CheckpointException($"Model '{model}' has no version {version}.");
    }
}
