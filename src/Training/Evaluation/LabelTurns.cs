using Diffusion.Training.Data;

namespace Diffusion.Training.Evaluation;

/// <summary>Real images to compare samples with: labels in turn, as the samples are drawn, so that both are equally balanced.</summary>
internal static class LabelTurns
{
    /// <summary>
    /// The first images of the set whose labels are 0, 1, .. in turn; fewer than asked for once a label runs out.
    /// </summary>
    /// <param name="set">The images.</param>
    /// <param name="count">How many.</param>
    /// <param name="classes">Classes of the samples; null for samples without labels, beside which the first images stand.</param>
    public static int[] Choose(ImageSet set, int count, int? classes)
    {
        if (classes is not { } turns) return [.. Enumerable.Range(0, Math.Min(count, set.Count))];
        var byLabel = Enumerable.Range(0, set.Count).ToLookup(set.Label);
        var queues = Enumerable.Range(0, turns).Select(label => byLabel[label].GetEnumerator()).ToArray();
        return [.. Enumerable.Range(0, count).Select(i => queues[i % turns]).TakeWhile(queue => queue.MoveNext()).Select(queue => queue.Current)];
    }
}
