using System.Collections.Immutable;
using Diffusion.Checkpoints;
using Diffusion.Samplers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Models;

/// <summary>
/// The models that can be served: what is on disk, what is loaded, who uses it. A version is loaded when it is first
/// asked for; a newer one takes over only once it is loaded and sound, and then the old one leaves memory after its
/// last user. Other versions stay until their memory is needed, the one used longest ago goes first.
/// </summary>
public sealed class ModelRegistry : IDisposable
{
    private readonly InferenceOptions options;
    private readonly ILogger logger;
    private readonly ModelScan scan;
    private readonly Lock gate = new(), looking = new();
    private readonly HashSet<(string Name, int Version)> withdrawn = [];
    private readonly Dictionary<(string Name, int Version), ModelHandle> held = [];
    private readonly Dictionary<string, int> serving = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, int Version), string> refused = [];
    private readonly Queue<ModelHandle> wanted = new();
    private readonly List<ModelHandle> parked = [];
    private readonly ModelMemory memory;
    private long turns;
    private ImmutableSortedDictionary<string, ModelFolder> folders = ImmutableSortedDictionary.Create<string, ModelFolder>(StringComparer.Ordinal);

    /// <summary>Looks at the store once; loads nothing.</summary>
    public ModelRegistry(CheckpointStore store, IOptions<InferenceOptions> options, ILogger<ModelRegistry> logger)
    {
        (this.options, this.logger) = (options.Value, logger);
        scan = new ModelScan(store, logger);
        memory = new ModelMemory(this.options.ModelMemoryBudget, IsNeeded);
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
            handle.LastUsed = ++turns;
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
            folders = Without(folders, folder, version);
            withdrawn.Add((name, version));
            return true;
        }
    }

    /// <summary>Looks again for a version that was withdrawn: it is gone, or everybody may take it as before.</summary>
    internal void Restore(string name, int version)
    {
        lock (gate) withdrawn.Remove((name, version));
        Refresh();
    }

    /// <summary>Versions that serve by default or that somebody has, of one model.</summary>
    internal IReadOnlySet<int> InUse(string name)
    {
        lock (gate)
        {
            var used = held.Values.Where(h => h.Manifest.Model == name && h.Leases > 0).Select(h => h.Manifest.Version).ToHashSet();
            if (folders.TryGetValue(name, out var folder)) used.Add(Served(folder));
            return used;
        }
    }

    /// <summary>Looks at the folder again, and asks for new versions of the models that are in use.</summary>
    public void Refresh()
    {
        // one look at a time, so that none is overtaken by an older one
        lock (looking)
        {
            Dictionary<(string Name, int Version), string> known;
            lock (gate) known = new(refused);
            var found = new Dictionary<(string Name, int Version), string>(known);
            var seen = scan.Read(folders, found);
            lock (gate)
            {
                foreach (var (version, reason) in found.Where(f => !known.ContainsKey(f.Key))) refused.TryAdd(version, reason);
                foreach (var gone in known.Keys.Where(k => !found.ContainsKey(k))) refused.Remove(gone);
                folders = withdrawn.Aggregate(seen, (all, w) => all.TryGetValue(w.Name, out var folder) ? Without(all, folder, w.Version) : all);
                TakeUp();
            }
        }
        Wanted?.Invoke();
    }

    /// <summary>Loads what is wanted, one after the other, on the calling thread.</summary>
    /// <param name="load">Makes a version usable; told whether it is to take the place of another that serves.</param>
    internal void LoadWanted(Func<CheckpointVersion, bool, ModelInUse> load)
    {
        while (true)
        {
            ModelHandle handle;
            lock (gate)
            {
                if (!wanted.TryDequeue(out handle!)) return;
                if (!MakeRoom(handle)) continue;
            }
            if (handle.Problem is null) Load(handle, load);
            handle.Settle();
            Settled?.Invoke();
        }
    }

    /// <summary>Finds the strict sizes of one version that serves without them, on the calling thread; false if there is none.</summary>
    internal bool ProbeNext(Action<ModelInUse, CheckpointManifest> probe)
    {
        ModelHandle? handle;
        lock (gate)
        {
            handle = held.Values.Where(h => h.Loaded is { Strict: null }).MinBy(h => h.LastUsed);
            if (handle is null) return false;
            handle.IsInProbe = true;
        }
        try
        {
            probe(handle.Loaded!, handle.Manifest);
        }
        finally
        {
            lock (gate)
            {
                handle.IsInProbe = false;
                DropIfUnused(handle);
                Unpark();
            }
        }
        Settled?.Invoke();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var handle in held.Values) handle.Loaded?.Network.Dispose();
            held.Clear();
            wanted.Clear();
            parked.Clear();
        }
    }

    // a load may fail for any reason that a file, a driver or memory can have; the old version goes on serving
    private void Load(ModelHandle handle, Func<CheckpointVersion, bool, ModelInUse> load)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        try
        {
            bool replaces;
            lock (gate) replaces = serving.ContainsKey(name);
            var loaded = load(handle.Version, replaces);
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
            lock (gate) Refuse(handle, cause.Message);
        }
    }

    private void Refuse(ModelHandle handle, string problem)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        handle.Problem = problem;
        refused[(name, version)] = problem;
        if (handle.Leases == 0) held.Remove((name, version));
        if (folders.TryGetValue(name, out var folder) && !serving.ContainsKey(name) && Target(folder) is var next && !refused.ContainsKey((name, next)))
            Hold(folder, next);
    }

    /// <summary>Unloads what has to go; false if it has to wait until somebody gives a version back.</summary>
    private bool MakeRoom(ModelHandle handle)
    {
        if (memory.Refusal(handle.ExpectedBytes, held.Values) is { } never)
        {
            logger.ModelTooLarge(handle.Manifest.Model, handle.Manifest.Version, never);
            Refuse(handle, never);
            return true;
        }
        if (memory.RoomFor(handle.ExpectedBytes, held.Values) is not { } leaving)
        {
            parked.Add(handle);
            return false;
        }
        foreach (var idle in leaving) Unload(idle);
        return true;
    }

    private void Unpark()
    {
        foreach (var handle in parked) wanted.Enqueue(handle);
        parked.Clear();
    }

    // the versions that requests without a model get; a service that is ready stays so
    private bool IsNeeded(ModelHandle handle) => handle.Loaded is not null
        && options.DefaultModels.Contains(handle.Manifest.Model)
        && serving.TryGetValue(handle.Manifest.Model, out var current) && current == handle.Manifest.Version;

    private static ImmutableSortedDictionary<string, ModelFolder> Without(ImmutableSortedDictionary<string, ModelFolder> all, ModelFolder folder, int version)
    {
        var left = folder.Versions.Where(v => v.Key != version).ToDictionary();
        return left.Count > 0 ? all.SetItem(folder.Name, folder with { Versions = left }) : all.Remove(folder.Name);
    }

    private void TakeUp()
    {
        foreach (var gone in serving.Keys.Where(n => !folders.ContainsKey(n)).ToArray()) serving.Remove(gone);
        foreach (var folder in folders.Values)
        {
            if (!serving.ContainsKey(folder.Name) && !options.DefaultModels.Contains(folder.Name)) continue;
            var target = Target(folder);
            if (!refused.ContainsKey((folder.Name, target))) Hold(folder, target);
            Promote(folder);
        }
        foreach (var handle in held.Values.ToArray()) DropIfUnused(handle);
        Unpark();
    }

    private ModelDescription Describe(ModelFolder folder)
    {
        var manifest = folder.Versions[Served(folder)].Manifest;
        var traits = manifest.Traits;
        var loaded = held.Values.Where(h => h.Manifest.Model == folder.Name && h.Loaded is not null).OrderBy(h => h.Manifest.Version);
        return new ModelDescription(
            folder.Name, manifest.Version, [.. folder.Versions.Keys], folder.Aliases, manifest,
            [.. SamplerCatalog.All.Where(s => !manifest.IsClassifier && s.Refuses(traits) is null).Select(s => s.Name)],
            [.. loaded.Select(h => new LoadedVersion(
                h.Manifest.Version, h.Loaded!.Network.Bytes, h.Leases, h.Loaded.Strict?.Sizes ?? [],
                [.. h.Loaded.Strict?.Probed.Where(p => !p.Value).Select(p => p.Key) ?? []]))])
        {
            Refused = new SortedDictionary<int, string>(refused.Where(r => r.Key.Name == folder.Name).ToDictionary(r => r.Key.Version, r => r.Value)),
            Problem = folder.Problem,
        };
    }

    private int Served(ModelFolder folder) =>
        serving.TryGetValue(folder.Name, out var version) && folder.Versions.ContainsKey(version) ? version : Target(folder);

    private int Target(ModelFolder folder) => folder.Target(version => refused.ContainsKey((folder.Name, version)));

    private ModelHandle Hold(ModelFolder folder, int version)
    {
        if (held.TryGetValue((folder.Name, version), out var handle) && handle.Problem is null) return handle;
        handle = new ModelHandle(folder.Versions[version]) { LastUsed = ++turns };
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
        handle.IsReplaced = false;
        logger.ModelSwapped(folder.Name, target);
        if (before is not { } old || !held.TryGetValue((folder.Name, old), out var replaced)) return;
        replaced.IsReplaced = true;
        DropIfUnused(replaced);
    }

    private void Release(ModelHandle handle)
    {
        bool waiting;
        lock (gate)
        {
            handle.Leases--;
            handle.LastUsed = ++turns;
            DropIfUnused(handle);
            waiting = handle.Leases == 0 && parked.Count > 0;
            if (waiting) Unpark();
        }
        if (waiting) Wanted?.Invoke();
    }

    private void DropIfUnused(ModelHandle handle)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        if (handle.Leases > 0 || handle.IsInProbe) return;
        if (handle.Loaded is null && handle.Problem is null) return; // still to be loaded; whoever loads looks again
        if (handle.Problem is null && IsWorthKeeping(handle)) return;
        if (handle.Loaded is not null) Unload(handle);
        else if (held.TryGetValue((name, version), out var same) && same == handle) held.Remove((name, version));
    }

    private bool IsWorthKeeping(ModelHandle handle)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        if (!folders.TryGetValue(name, out var folder) || !folder.Versions.ContainsKey(version)) return false;
        return (serving.TryGetValue(name, out var current) && current == version) || !handle.IsReplaced || folder.Aliases.Values.Contains(version);
    }

    private void Unload(ModelHandle handle)
    {
        var (name, version) = (handle.Manifest.Model, handle.Manifest.Version);
        held.Remove((name, version));
        // whoever asks for the model next gets the version that it means then
        if (serving.TryGetValue(name, out var current) && current == version) serving.Remove(name);
        handle.Loaded!.Network.Dispose();
        handle.Loaded = null;
        logger.ModelUnloaded(name, version);
    }
}
