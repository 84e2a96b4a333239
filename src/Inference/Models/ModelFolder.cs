using Diffusion.Checkpoints;

namespace Diffusion.Inference.Models;

/// <summary>One model as it was on disk when the folder was last looked at.</summary>
/// <param name="Versions">Whole versions with a readable manifest, by number.</param>
/// <param name="Aliases">Alias to version.</param>
internal sealed record ModelFolder(
    string Name, IReadOnlyDictionary<int, CheckpointVersion> Versions, IReadOnlyDictionary<string, int> Aliases)
{
    /// <summary>Why the aliases may not be what they were, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>The number that a caller's version, alias or nothing means, or null.</summary>
    public int? Number(string versionOrAlias)
    {
        var digits = versionOrAlias.StartsWith('v') ? versionOrAlias.AsSpan(1) : versionOrAlias;
        var number = int.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var parsed)
            ? parsed
            : Aliases.TryGetValue(versionOrAlias, out var pointed) ? pointed : 0;
        return Versions.ContainsKey(number) ? number : null;
    }

    /// <summary>The version that should serve: the alias <c>default</c>, else the newest; one that could not be loaded only if there is no other.</summary>
    public int Target(Func<int, bool> isRefused)
    {
        int? wanted = Aliases.TryGetValue(CheckpointStore.DefaultAlias, out var pointed) && Versions.ContainsKey(pointed) ? pointed : null;
        if (wanted is { } version && !isRefused(version)) return version;
        var sound = Versions.Keys.Where(v => !isRefused(v)).DefaultIfEmpty().Max();
        return sound != 0 ? sound : wanted ?? Versions.Keys.Max();
    }
}
