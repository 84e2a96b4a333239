using System.Collections.Immutable;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Samplers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Models;

/// <summary>
/// The models that can be served: what is on disk, what is loaded, who uses it. A version is loaded when it is first
/// asked for; a newer one takes over only once it is loaded and sound, and then the old one leaves memory after its
/// last user.
/// </summary>
public sealed class ModelRegistry : IDisposable
{
    private readonly CheckpointStore store;
    private readonly InferenceOptions options;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, int Version), ModelHandle> held = [];
    private readonly Dictionary<string, int> serving = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, int Version), string> refused = [];
    private readonly Queue<ModelHandle> wanted = new();
    private ImmutableSortedDictionary<string, ModelFolder> folders = ImmutableSortedDictionary.Create<string, ModelFolder>(StringComparer.Ordinal);

    /// <summary>Looks at the store once; loads nothing.</summary>
    public ModelRegistry(CheckpointStore store, IOptions<InferenceOptions> options, ILogger<ModelRegistry> logger)
    {
        (this.store, this.options, this.logger) = (store, options.Value, logger);
        Refresh();
    }

    /// <summary>Called when a version is wanted: whoever loads should look.</summary>
    internal Action? Wanted { get; set; }

    /// <summary>Called when a version became usable or was refused.</summary>
    internal Action? Settled { get; set; }

    /// <summary>Every model with a readable version, by name.</summary>
    public IReadOnlyList<ModelDescription> Describe()
    {
        lock (gate) return [.. folders.Values.Select(Describe)];
    }

    /// <summary>One model, or null if there is none of that name.</summary>
    public ModelDescription? Describe(string name)
    {
        lock (gate) return folders.TryGetValue(name, out var folder) ? Describe(folder) : null;
    }

    /// <summary>What every version of a model says of itself, ascending; empty for an unknown model.</summary>
    public IReadOnlyList<CheckpointManifest> Manifests(string name)
    {
        lock (gate) return folders.TryGetValue(name, out var folder) ? [.. folder.Versions.OrderBy(v => v.Key).Select(v => v.Value.Manifest)] : [];
    }

    /// <summary>Versions that could not be loaded, <c>name@version</c> to reason; an older one serves instead where there is one.</summary>
    public IReadOnlyDictionary<string, string> Refused()
    {
        lock (gate) return refused.ToDictionary(r => $"{r.Key.Name}@{r.Key.Version}", r => r.Value, StringComparer.Ordinal);
    }

    /// <summary>Default models that are not loaded yet; the service is ready when there are none.</summary>
    internal IReadOnlyList<string> Missing()
    {
        lock (gate) return [.. options.DefaultModels.Where(name => !serving.ContainsKey(name))];
    }

    /// <summary>Takes a hold of the version that <paramref name="name"/> and <paramref name="versionOrAlias"/> mean now, or returns null.</summary>
    internal ModelLease? Acquire(string name, string? versionOrAlias)
    {
        ModelHandle handle;
        lock (gate)
        {
            if (!folders.TryGetValue(name, out var folder)) return null;
            var version = string.IsNullOrEmpty(versionOrAlias) ? Served(folder) : folder.Number(versionOrAlias);
            if (version is null) return null;
            handle = Hold(folder, version.Value);
            handle.Leases++;
        }
        if (handle.Loaded is null) Wanted?.Invoke();
        return new ModelLease(handle, Release);
    }

    /// <summary>The manifest of the version that a name without a version means now.</summary>
    internal CheckpointManifest? Manifest(string name)
    {
        lock (gate) return folders.TryGetValue(name, out var folder) ? folder.Versions[Served(folder)].Manifest : null;
    }

    /// <summary>Lets nobody take a version any more; false if it serves by default or somebody has it.</summary>
    internal bool Withdraw(string name, int version)
    {
        lock (gate)
        {
            if (!folders.TryGetValue(name, out var folder) || !folder.Versions.ContainsKey(version)) return true;
            if (Served(folder) == version || held.TryGetValue((name, version), out var handle) && handle.Leases > 0) return false;
            folders = folders.SetItem(name, folder with { Versions = folder.Versions.Where(v => v.Key != version).ToDictionary() });
            return true;
        }
    }

    /// <summary>Looks at the folder again, and asks for new versions of the models that are in use.</summary>
    internal void Refresh()
    {
        var seen = Scan();
        lock (gate)
        {
            folders = seen;
            foreach (var gone in serving.Keys.Where(n => !folders.ContainsKey(n)).ToArray()) serving.Remove(gone);
            foreach (var folder in folders.Values)
            {
                if (!serving.ContainsKey(folder.Name) && !options.DefaultModels.Contains(folder.Name)) continue;
                var target = Target(folder);
                if (!refused.ContainsKey((folder.Name, target))) Hold(folder, target);
                Promote(folder);
            }
            foreach (var handle in held.Values.ToArray()) DropIfUnused(handle);
        }
        Wanted?.Invoke();
    }

    /// <summary>Loads what is wanted, one after the other, on the calling thread.</summary>
    internal void LoadWanted(Func<CheckpointVersion, ILoadedModel> load)
    {
        while (true)
        {
            ModelHandle handle;
            lock (gate)
            {
                if (!wanted.TryDequeue(out handle!)) return;
            }
            Load(handle, load);
            handle.Settle();
            Settled?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var handle in held.Values) handle.Loaded?.Dispose();
            held.Clear();
            wanted.Clear();
        }
    }

    // a load may fail for any reason that a file, a driver or memory can have; the old version goes on serving
    private void Load(ModelHandle handle, Func<CheckpointVersion, ILoadedModel> load)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        try
        {
            var loaded = load(handle.Version);
            lock (gate)
            {
                handle.Loaded = loaded;
                refused.Remove((name, version));
                if (folders.TryGetValue(name, out var folder)) Promote(folder);
                DropIfUnused(handle);
            }
        }
        catch (Exception cause)
        {
            logger.ModelRefused(cause, name, version, cause.Message);
            lock (gate)
            {
                handle.Problem = cause.Message;
                refused[(name, version)] = cause.Message;
                if (handle.Leases == 0) held.Remove((name, version));
                if (folders.TryGetValue(name, out var folder) && !serving.ContainsKey(name) && Target(folder) is var next && !refused.ContainsKey((name, next)))
                    Hold(folder, next);
            }
        }
    }

    private ImmutableSortedDictionary<string, ModelFolder> Scan()
    {
        var seen = folders.ToBuilder();
        seen.Clear();
        foreach (var name in store.Models())
        {
            var known = folders.TryGetValue(name, out var before) ? before.Versions : ImmutableDictionary<int, CheckpointVersion>.Empty;
            var versions = new SortedDictionary<int, CheckpointVersion>();
            foreach (var number in store.Versions(name))
                if ((known.TryGetValue(number, out var same) ? same : Read(name, number)) is { } version) versions[number] = version;
            if (versions.Count > 0) seen[name] = new ModelFolder(name, versions, store.Aliases(name));
        }
        return seen.ToImmutable();
    }

    private CheckpointVersion? Read(string name, int number)
    {
        try
        {
            return store.Find(name, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (CheckpointException damage)
        {
            lock (gate)
            {
                if (!refused.TryAdd((name, number), damage.Message)) return null;
            }
            logger.ModelRefused(damage, name, number, damage.Message);
            return null;
        }
    }

    private ModelDescription Describe(ModelFolder folder)
    {
        var manifest = folder.Versions[Served(folder)].Manifest;
        var traits = manifest.Traits;
        return new ModelDescription(
            folder.Name, manifest.Version, [.. folder.Versions.Keys], folder.Aliases, manifest,
            [.. SamplerCatalog.All.Where(s => s.Refuses(traits) is null).Select(s => s.Name)]);
    }

    private int Served(ModelFolder folder) =>
        serving.TryGetValue(folder.Name, out var version) && folder.Versions.ContainsKey(version) ? version : Target(folder);

    private int Target(ModelFolder folder) => folder.Target(version => refused.ContainsKey((folder.Name, version)));

    private ModelHandle Hold(ModelFolder folder, int version)
    {
        if (held.TryGetValue((folder.Name, version), out var handle) && handle.Problem is null) return handle;
        handle = new ModelHandle(folder.Versions[version]);
        held[(folder.Name, version)] = handle;
        wanted.Enqueue(handle);
        return handle;
    }

    private void Promote(ModelFolder folder)
    {
        var target = Target(folder);
        if (!held.TryGetValue((folder.Name, target), out var handle) || handle.Loaded is null) return;
        int? before = serving.TryGetValue(folder.Name, out var current) ? current : null;
        if (before == target) return;
        serving[folder.Name] = target;
        logger.ModelSwapped(folder.Name, target);
        if (before is { } old && held.TryGetValue((folder.Name, old), out var replaced)) DropIfUnused(replaced);
    }

    private void Release(ModelHandle handle)
    {
        lock (gate)
        {
            handle.Leases--;
            DropIfUnused(handle);
        }
    }

    private void DropIfUnused(ModelHandle handle)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        if (handle.Leases > 0) return;
        if (handle.Loaded is null && handle.Problem is null) return; // still to be loaded; whoever loads looks again
        if (handle.Problem is null && serving.TryGetValue(name, out var current) && current == version) return;
        if (held.TryGetValue((name, version), out var same) && same == handle) held.Remove((name, version));
        if (handle.Loaded is null) return;
        handle.Loaded.Dispose();
        handle.Loaded = null;
        logger.ModelUnloaded(name, version);
    }
}
