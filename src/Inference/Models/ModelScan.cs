using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Diffusion.Checkpoints;
using Microsoft.Extensions.Logging;

namespace Diffusion.Inference.Models;

/// <summary>Reads the models' folder. Every version that a request without a version would get is hashed once before anybody gets it.</summary>
internal sealed class ModelScan(CheckpointStore store, ILogger logger)
{
    private readonly ConcurrentDictionary<(string Name, int Version), bool> sound = new();
    private readonly HashSet<string> saidOfAliases = new(StringComparer.Ordinal);

    /// <summary>What is there now.</summary>
    /// <param name="before">What was there when it was last looked at; versions never change, so these are not read again.</param>
    /// <param name="refused">Versions that cannot be used, and why; gets those that turn out to be damaged, and loses those that are gone.</param>
    public ImmutableSortedDictionary<string, ModelFolder> Read(ImmutableSortedDictionary<string, ModelFolder> before, Dictionary<(string Name, int Version), string> refused)
    {
        var seen = before.ToBuilder();
        seen.Clear();
        var present = new HashSet<(string, int)>();
        foreach (var name in store.Models())
        {
            before.TryGetValue(name, out var known);
            var versions = new SortedDictionary<int, CheckpointVersion>();
            foreach (var number in store.Versions(name))
            {
                present.Add((name, number));
                if ((known?.Versions.TryGetValue(number, out var same) == true ? same : Read(name, number, refused)) is { } version) versions[number] = version;
            }
            if (versions.Count > 0) seen[name] = Sound(Aliased(new ModelFolder(name, versions, ImmutableDictionary<string, int>.Empty), known), refused);
        }
        foreach (var gone in refused.Keys.Where(r => !present.Contains(r)).ToArray()) refused.Remove(gone);
        return seen.ToImmutable();
    }

    private CheckpointVersion? Read(string name, int number, Dictionary<(string, int), string> refused)
    {
        try
        {
            return store.Find(name, number.ToString(CultureInfo.InvariantCulture));
        }
        catch (CheckpointException damage)
        {
            if (refused.TryAdd((name, number), damage.Message)) logger.ModelRefused(damage, name, number, damage.Message);
            return null;
        }
    }

    // a damaged alias file is no reason to stop serving: what was known of it stays, and the list of models tells
    private ModelFolder Aliased(ModelFolder folder, ModelFolder? known)
    {
        try
        {
            var aliases = store.Aliases(folder.Name);
            saidOfAliases.Remove(folder.Name);
            return folder with { Aliases = aliases };
        }
        catch (CheckpointException damage)
        {
            if (saidOfAliases.Add(folder.Name)) logger.AliasesRefused(damage, folder.Name, damage.Message);
            return folder with { Aliases = known?.Aliases ?? folder.Aliases, Problem = damage.Message };
        }
    }

    private ModelFolder Sound(ModelFolder folder, Dictionary<(string Name, int Version), string> refused)
    {
        while (true)
        {
            var target = folder.Target(v => refused.ContainsKey((folder.Name, v)));
            if (refused.ContainsKey((folder.Name, target)) || sound.ContainsKey((folder.Name, target))) return folder;
            try
            {
                CheckpointStore.Verify(folder.Versions[target]);
                sound.TryAdd((folder.Name, target), true);
            }
            catch (CheckpointException damage)
            {
                refused[(folder.Name, target)] = damage.Message;
                logger.ModelRefused(damage, folder.Name, target, damage.Message);
            }
        }
    }
}
