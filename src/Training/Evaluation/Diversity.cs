namespace Diffusion.Training.Evaluation;

/// <summary>How unlike each other pictures are: the mean Euclidean distance of two of them, over all pairs.</summary>
/// <param name="All">Of any two; 0 where all are the same.</param>
/// <param name="Within">Of two that were asked for by one label; null without labels, or where no two share one. Guidance draws these together and classes apart.</param>
internal sealed record Diversity(double All, double? Within)
{
    /// <param name="of">At least two vectors.</param>
    /// <param name="labels">The label of each, or null.</param>
    /// <param name="stop">Stops between two vectors.</param>
    /// <exception cref="EvaluationException">There is no pair.</exception>
    public static Diversity Of(Vectors of, IReadOnlyList<long>? labels, CancellationToken stop)
    {
        if (of.Count < 2) throw new EvaluationException($"The distance of two pictures needs two, got {of.Count}.");
        double all = 0, within = 0;
        long alike = 0;
        for (var i = 1; i < of.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            for (var j = 0; j < i; j++)
            {
                var distance = Math.Sqrt(Vectors.SquaredDistance(of[i], of[j]));
                all += distance;
                if (labels is null || labels[i] != labels[j]) continue;
                within += distance;
                alike++;
            }
        }
        return new Diversity(all / (0.5 * of.Count * (of.Count - 1)), alike == 0 ? null : within / alike);
    }
}
