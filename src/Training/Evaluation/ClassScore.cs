namespace Diffusion.Training.Evaluation;

/// <summary>
/// exp(E KL(p(y|x) || p(y))) over parts of the samples (Salimans et al. 2016): 1 where all look the same, the number of classes
/// where each is clear and all are there. It is the Inception Score only with the probabilities of that network.
/// </summary>
/// <param name="Mean">Over the parts.</param>
/// <param name="Deviation">Standard deviation over the parts.</param>
internal sealed record ClassScore(double Mean, double Deviation)
{
    /// <summary>Parts in the paper.</summary>
    public const int UsualParts = 10;

    /// <param name="probabilities">Samples x classes; each row adds up to 1.</param>
    /// <param name="classes">Numbers in a row.</param>
    /// <param name="parts">Parts of consecutive samples, as equal as can be.</param>
    public static ClassScore Of(ReadOnlySpan<double> probabilities, int classes, int parts = UsualParts)
    {
        var count = probabilities.Length / classes;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, parts);
        var scores = new double[parts];
        for (var part = 0; part < parts; part++)
        {
            int first = (int)((long)part * count / parts), end = (int)((long)(part + 1) * count / parts);
            scores[part] = Score(probabilities[(first * classes)..(end * classes)], classes, end - first);
        }
        var mean = scores.Average();
        return new ClassScore(mean, Math.Sqrt(scores.Average(s => (s - mean) * (s - mean))));
    }

    private static double Score(ReadOnlySpan<double> part, int classes, int count)
    {
        var marginal = new double[classes];
        for (var i = 0; i < part.Length; i++) marginal[i % classes] += part[i] / count;
        double divergence = 0;
        for (var i = 0; i < part.Length; i++)
            if (part[i] > 0) divergence += part[i] * Math.Log(part[i] / marginal[i % classes]) / count; // p ln p is 0 at 0
        return Math.Exp(divergence);
    }
}
