using static TorchSharp.torch;

namespace Diffusion.Inference.Engine;

/// <summary>
/// The gradients of the classifiers in a batch: of the rows that have one and use it, and of no other. The rest of the batch, and the
/// denoiser, stay without gradients.
/// </summary>
internal static class ClassifierRows
{
    /// <param name="rows">The rows of the batch.</param>
    /// <param name="x">Their states, [B or more, C, H, W].</param>
    /// <returns>s g, [K, C, H, W], and whose they are; null if no row has one.</returns>
    public static GuidingGradient? Of(IReadOnlyList<RowInput> rows, Tensor x)
    {
        var groups = Enumerable.Range(0, rows.Count).Where(i => rows[i].Classifier is not null && rows[i].Row.TakesGradient)
            .GroupBy(i => (rows[i].Classifier!.Network, Turn: rows[i].Classifier!.IsAlone ? i : -1)).ToArray();
        if (groups.Length == 0) return null;
        List<Tensor> parts = [];
        foreach (var group in groups)
        {
            int[] members = [.. group];
            var gradient = group.Key.Network.Gradient(
                x.index_select(0, Index(members)), Index(members, i => rows[i].Row.TimeIndex), Index(members, i => rows[i].Classifier!.Label));
            parts.Add(gradient.mul(tensor(Array.ConvertAll(members, i => (float)rows[i].Classifier!.Scale), [members.Length, 1, 1, 1], device: x.device)));
        }
        return new GuidingGradient(parts.Count == 1 ? parts[0] : cat([.. parts], 0), [.. groups.SelectMany(g => g)]);

        Tensor Index(int[] members, Func<int, int>? of = null) => tensor(Array.ConvertAll(members, i => (long)(of is null ? i : of(i))), device: x.device);
    }
}
