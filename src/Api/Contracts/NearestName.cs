namespace Diffusion.Api.Contracts;

/// <summary>The known name that was most likely meant.</summary>
internal static class NearestName
{
    private const int MostEdits = 2;

    /// <summary>The nearest of <paramref name="known"/> within two edits, or null.</summary>
    public static string? Of(string given, IEnumerable<string> known) => known
        .Select(name => (name, edits: Edits(given.ToLowerInvariant(), name)))
        .Where(c => c.edits <= Math.Min(MostEdits, c.name.Length - 1))
        .OrderBy(c => c.edits).Select(c => c.name).FirstOrDefault();

    /// <summary>Levenshtein distance with adjacent swaps counted as one edit.</summary>
    internal static int Edits(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > MostEdits) return int.MaxValue;
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var best = Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1;
                best = Math.Min(best, cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = Math.Min(best, cost[i - 2, j - 2] + 1);
                cost[i, j] = best;
            }
        }
        return cost[a.Length, b.Length];
    }
}
