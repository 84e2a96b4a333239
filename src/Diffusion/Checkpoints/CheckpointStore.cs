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

    internal const string ManifestFile = "manifest.json", DeletedFile = "deleted.json";

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
            var found = Readable(path, file);
            if (found.Bytes != expected.Bytes) throw new CheckpointException($"'{path}' has {found.Bytes} bytes; the manifest says {expected.Bytes}.", file);
            if (found.Sha256 != expected.Sha256) throw new CheckpointException($"'{path}' does not have the SHA-256 that the manifest says.", file);
        }
    }

    /// <summary>Whether a version is there, and its files are what its manifest says.</summary>
    public bool IsSound(string model, int version)
    {
        try
        {
            Verify(Load(model, version));
            return true;
        }
        catch (CheckpointException)
        {
            return false; // whoever wants to know why verifies it
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
        Directory.CreateDirectory(home);
        // whoever made these folders may have died before their names were on the disk
        if (Numbers(model).Length == 0) Durable.FlushNames(home, root);
        using var publication = Publication.Begin(home, time, Observer, cancellation);
        writeFiles(publication.Folder);
        var files = publication.SealFiles();
        var number = publication.Commit(
            () => Numbers(model) is [.., var newest] ? newest + 1 : 1,
            version => manifest(version) with { Format = ManifestJson.Format, Model = model, Version = version, Created = time.GetUtcNow(), Files = files },
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

    /// <summary>Keeps a version from retention, or no longer.</summary>
    /// <exception cref="CheckpointException">No such version.</exception>
    public void Pin(string model, int version, bool pinned, CancellationToken cancellation = default)
    {
        RequireVersion(model, version);
        ChangeAliases(model, cancellation, file =>
        {
            RequireVersion(model, version);
            return file.WithPin(version, pinned);
        });
    }

    /// <summary>Versions that retention leaves alone, ascending.</summary>
    /// <exception cref="CheckpointException">The alias file is damaged.</exception>
    public IReadOnlyList<int> Pinned(string model) => ReadAliases(model).Pinned;

    /// <summary>What was measured of a version, also of one that was deleted.</summary>
    public VersionResults Results(string model, int version) =>
        CheckpointNames.IsName(model) ? ResultLog.Read(FolderOf(model, version)).Results : new([], null);

    /// <summary>Attaches what was measured; the version itself does not change. A crash leaves it attached or not, and what was attached before stays.</summary>
    /// <returns>The result as it is kept. The same one again changes nothing.</returns>
    /// <exception cref="ArgumentException">The result is not one that can be kept; the message says why.</exception>
    /// <exception cref="CheckpointException">No such version, another result of that id, too many of them, or the file is damaged.</exception>
    public VersionResult Attach(string model, int version, VersionResult result, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Refusal() is { } refusal) throw new ArgumentException(refusal, nameof(result));
        RequireVersion(model, version);
        var home = Path.Combine(root, model);
        using var held = ModelLock.Take(Path.Combine(home, Publication.LockFile), time, cancellation);
        RequireVersion(model, version);
        var folder = FolderOf(model, version);
        var (known, whole, last) = ResultLog.Read(folder);
        if (known.Problem is { } problem) throw new CheckpointException($"Nothing is attached: {problem}", Path.GetFileName(ResultLog.PathOf(folder)));
        if (known.Results.FirstOrDefault(r => r.Id == result.Id) is { } same)
            return same.Agrees(result) ? same : throw new CheckpointException($"{model} version {version} has another result '{result.Id}'.");
        if (known.Results.Count >= ResultLog.MostLines) throw new CheckpointException($"{model} version {version} has {known.Results.Count} results, which is the most.");
        var kept = result with { At = time.GetUtcNow() };
        Replace(home, ResultLog.PathOf(folder), ResultLog.Appended(whole, last, kept));
        return kept;
    }

    /// <summary>
    /// Deletes a version: its manifest gets another name, with which it is gone for everybody, then its files go. What the
    /// manifest says stays for the lineage of others, and the folder, so that its number is never given to another version.
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
            Deletion.Run(FolderOf(model, version));
            return file.WithoutVersion(version);
        });
    }

    /// <summary>Deletes what crashed publications and deletions left behind; those of live processes stay. Call at start.</summary>
    /// <returns>The names of what was deleted.</returns>
    public IReadOnlyList<string> RemoveLeftovers(CancellationToken cancellation = default) => Directory.Exists(root)
        ? [.. Directory.EnumerateDirectories(root).Where(f => CheckpointNames.IsName(Path.GetFileName(f)) || Path.GetFileName(f) == Exchange.Spool.Home).SelectMany(f => Publication.RemoveLeftovers(f, time, cancellation).Concat(Deletion.Finish(f, time, cancellation))).ToArray()]
        : [];

    /// <summary>Every version of every model, and every deleted one.</summary>
    internal IEnumerable<(string Model, int Version, bool IsDeleted)> Everything() =>
        from folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : []
        let model = Path.GetFileName(folder)
        where CheckpointNames.IsName(model)
        from version in Numbers(model)
        let isThere = File.Exists(Path.Combine(FolderOf(model, version), ManifestFile))
        where isThere || File.Exists(Path.Combine(FolderOf(model, version), DeletedFile))
        select (model, version, !isThere);

    /// <exception cref="CheckpointException">It is damaged or of a later format.</exception>
    internal CheckpointManifest ReadManifest(string model, int version, bool isDeleted) =>
        ManifestJson.Read<CheckpointManifest>(Path.Combine(FolderOf(model, version), isDeleted ? DeletedFile : ManifestFile));

    internal static FileDigest Digest(string path)
    {
        using var file = File.OpenRead(path);
        return new FileDigest(file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    // a disk that does not give a file back is no different from one that gives back another
    private static FileDigest Readable(string path, string file)
    {
        try
        {
            return Digest(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"'{path}' cannot be read: {unreadable.Message}", file, unreadable);
        }
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
    internal static void RequireSchedule(ScheduleReference schedule, string path)
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
        Replace(home, Path.Combine(home, AliasFile.Name), ManifestJson.Write(changed with { Format = ManifestJson.Format }));
        return changed;
    }

    private void Replace(string home, string path, byte[] content)
    {
        var aside = Path.Combine(home, Publication.NewName(Path.GetFileName(path)));
        try
        {
            Durable.WriteFile(aside, content);
            Observer?.Invoke(PublicationStep.AliasWritten);
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
        Durable.FlushFolder(home);
    }

    private void RequireVersion(string model, int version)
    {
        if (!Versions(model).Contains(version)) throw new CheckpointException($"Model '{model}' has no version {version}.");
    }
}
