namespace Diffusion.Training.Evaluation;

/// <summary>
/// Fidelity and diversity by nearest-neighbour balls: precision and recall (Kynkäänniemi et al. 2019), density and coverage
/// (Naeem et al. 2020). The ball of a vector reaches to its k-th nearest neighbour among its own kind, itself not counted.
/// </summary>
/// <param name="Precision">Share of the samples that lie in the ball of any real one, its edge included.</param>
/// <param name="Recall">Share of the real ones that lie in the ball of any sample, its edge included.</param>
/// <param name="Density">Mean number of real balls around a sample, divided by k, their edges excluded; 1 is expected of real ones.</param>
/// <param name="Coverage">Share of the real ones whose ball has a sample inside, its edge excluded.</param>
internal sealed record Manifold(double Precision, double Recall, double Density, double Coverage)
{
    /// <summary>Neighbours of precision and recall, and of density and coverage, in the papers.</summary>
    public const int PrecisionNeighbours = 3, DensityNeighbours = 5;

    public static Manifold Of(Vectors real, Vectors samples, CancellationToken stop, int precisionNeighbours = PrecisionNeighbours, int densityNeighbours = DensityNeighbours)
    {
        var (realReach, sampleReach) = (real.SquaredRadii(precisionNeighbours, stop), samples.SquaredRadii(precisionNeighbours, stop));
        var densityReach = densityNeighbours == precisionNeighbours ? realReach : real.SquaredRadii(densityNeighbours, stop);
        var (recalled, covered) = (new bool[real.Count], new bool[real.Count]);
        int precise = 0;
        long dense = 0;
        for (var j = 0; j < samples.Count; j++)
        {
            stop.ThrowIfCancellationRequested();
            var inside = false;
            for (var i = 0; i < real.Count; i++)
            {
                var distance = Vectors.SquaredDistance(real[i], samples[j]);
                inside |= distance <= realReach[i];
                recalled[i] |= distance <= sampleReach[j];
                if (distance >= densityReach[i]) continue;
                dense++;
                covered[i] = true;
            }
            if (inside) precise++;
        }
        return new Manifold(
            (double)precise / samples.Count, (double)recalled.Count(r => r) / real.Count,
            (double)dense / densityNeighbours / samples.Count, (double)covered.Count(c => c) / real.Count);
    }
}
