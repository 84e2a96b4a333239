using Diffusion.Testing;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class GaussianFitTests
{
    private static readonly GaussianFit Skew = new([0, 0], new double[,] { { 2, 1 }, { 1, 2 } });
    private static readonly GaussianFit Diagonal = new([1, -1], new double[,] { { 1, 0 }, { 0, 4 } });

    [Fact]
    public void FrechetDistance_KnownPair_IsTheKnownValue()
    {
        Near.Relative(2.771220448, Skew.FrechetDistance(Diagonal), 1e-9);
        Near.Relative(2.771220448, Diagonal.FrechetDistance(Skew), 1e-9);
    }

    [Fact]
    public void FrechetDistance_OneDimension_IsTheDifferenceOfMeansAndDeviations() =>
        Near.Relative(9 + 0.25, new GaussianFit([1], new[,] { { 4.0 } }).FrechetDistance(new GaussianFit([4], new[,] { { 2.25 } })), 1e-12);

    [Fact]
    public void FrechetDistance_ToItself_IsZero() => Near.Absolute(0, Random(1, 40).FrechetDistance(Random(1, 40)), 1e-6);

    [Fact]
    public void FrechetDistance_ShiftedFeatures_AddsTheSquaredShift()
    {
        var (base_, shifted) = (Features(1, 500), Features(1, 500));
        for (var i = 0; i < shifted.Length; i++) shifted[i] += i % 8 == 0 ? 3 : 0.5;
        Near.Relative(9 + 7 * 0.25, new GaussianFit(base_, 8).FrechetDistance(new GaussianFit(shifted, 8)), 1e-8);
    }

    [Fact]
    public void FrechetDistance_FewerSamplesThanFeatures_IsFinite() => Assert.True(double.IsFinite(Random(1, 4).FrechetDistance(Random(2, 5))));

    [Fact]
    public void Fit_IsTheUnbiasedCovariance()
    {
        var fit = new GaussianFit([1, 2, 3, 6, 5, 7], 2);
        Assert.Equal([3, 5], fit.Mean);
        Near.Relative(4, fit.Covariance[0, 0], 1e-12);
        Near.Relative(5, fit.Covariance[0, 1], 1e-12);
        Near.Relative(7, fit.Covariance[1, 1], 1e-12);
    }

    [Fact]
    public void Decompose_RebuildsTheMatrix()
    {
        var matrix = Random(3, 100).Covariance;
        var (values, vectors) = SymmetricEigen.Decompose(matrix);
        for (var i = 0; i < 8; i++)
            for (var j = 0; j < 8; j++)
                Near.Absolute(matrix[i, j], Enumerable.Range(0, 8).Sum(k => values[k] * vectors[i, k] * vectors[j, k]), 1e-12);
    }

    private static GaussianFit Random(int seed, int count) => new(Features(seed, count), 8);

    private static double[] Features(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * 8).Select(_ => random.NextDouble() + random.NextDouble())];
    }
}
