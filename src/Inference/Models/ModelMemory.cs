namespace Diffusion.Inference.Models;

/// <summary>Which loaded versions must go so that another one fits into the memory for models. Pure.</summary>
/// <param name="budget">Bytes of weights; 0 for no limit.</param>
/// <param name="isNeeded">Whether a version has to stay although nobody uses it just now.</param>
internal sealed class ModelMemory(long budget, Func<ModelHandle, bool> isNeeded)
{
    /// <summary>What to unload first, the one used longest ago first; null if too much is in use just now.</summary>
    /// <param name="held">All versions, loaded or not.</param>
    /// <param name="needed">Bytes of the one to load.</param>
    public IReadOnlyList<ModelHandle>? RoomFor(long needed, IReadOnlyCollection<ModelHandle> held)
    {
        if (budget == 0) return [];
        var excess = held.Sum(BytesOf) + needed - budget;
        var leaving = new List<ModelHandle>();
        foreach (var idle in held.Where(h => h is { Loaded: not null, Leases: 0, IsInProbe: false } && !isNeeded(h)).OrderBy(h => h.LastUsed))
        {
            if (excess <= 0) break;
            leaving.Add(idle);
            excess -= BytesOf(idle);
        }
        return excess <= 0 ? leaving : null;
    }

    /// <summary>Why a version can never be loaded beside those that have to stay, or null if it can.</summary>
    public string? Refusal(long needed, IReadOnlyCollection<ModelHandle> held)
    {
        var staying = held.Where(isNeeded).Sum(BytesOf);
        return budget == 0 || staying + needed <= budget
            ? null
            : FormattableString.Invariant($"It needs {needed} bytes beside {staying} of versions that have to stay loaded; the memory for models is {budget}.");
    }

    private static long BytesOf(ModelHandle handle) => handle.Loaded?.Network.Bytes ?? 0;
}
