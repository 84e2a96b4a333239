using Diffusion.Testing;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.Tests.Evaluation;

/// <summary>Every metric against an independent computation, and in the cases that have a closed form.</summary>
public sealed class MetricsTests
{
    private const double Tolerance = 1e-6;
    private static readonly MetricsFixture Fixture = MetricsFixture.Read();
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public void FrechetDistance_Fixture_IsThatOfScipy()
    {
        var real = new GaussianFit(Fixture.Real, Fixture.Width);
        Near.Relative(Fixture.Frechet, new GaussianFit(Fixture.Fake, Fixture.Width).FrechetDistance(real), Tolerance);
        // fewer vectors than features: a singular covariance
        Near.Relative(Fixture.FrechetFew, new GaussianFit(Fixture.Fake.AsSpan(0, 4 * Fixture.Width), Fixture.Width).FrechetDistance(real), Tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Manifold_Fixture_IsThatOfNumpy(int k)
    {
        var found = Manifold.Of(new Vectors(Fixture.Real, Fixture.Width), new Vectors(Fixture.Fake, Fixture.Width), None, k, k);
        var expected = Fixture.Manifold[$"{k}"];
        Near.Absolute(expected.Precision, found.Precision, Tolerance);
        Near.Absolute(expected.Recall, found.Recall, Tolerance);
        Near.Absolute(expected.Density, found.Density, Tolerance);
        Near.Absolute(expected.Coverage, found.Coverage, Tolerance);
    }

    [Fact]
    public void Manifold_TwoNeighbourCounts_AreKeptApart()
    {
        var found = Manifold.Of(new Vectors(Fixture.Real, Fixture.Width), new Vectors(Fixture.Fake, Fixture.Width), None);
        Assert.Equal((Fixture.Manifold["3"].Precision, Fixture.Manifold["3"].Recall), (found.Precision, found.Recall));
        Assert.Equal((Fixture.Manifold["5"].Density, Fixture.Manifold["5"].Coverage), (found.Density, found.Coverage));
    }

    [Fact]
    public void Manifold_OneDimension_IsCountedByHand()
    {
        var found = Manifold.Of(new Vectors([0, 1, 2, 3], 1), new Vectors([0.4, 10], 1), None, 1, 1);
        // 0.4 lies in the open balls of 0 and 1 only, and both have reach 1
        Assert.Equal(new Manifold(0.5, 1, 1, 0.5), found);
    }

    [Fact]
    public void Manifold_OnTheEdgeOfABall_IsInsideForPrecisionOnly()
    {
        // 2 lies on the edge of the ball of 1
        Assert.Equal(new Manifold(0.5, 1, 0, 0), Manifold.Of(new Vectors([0, 1], 1), new Vectors([2, 5], 1), None, 1, 1));
    }

    [Fact]
    public void Manifold_IdenticalSets_AreOne()
    {
        var set = new Vectors(Fixture.Real, Fixture.Width);
        Assert.Equal(new Manifold(1, 1, 1, 1), Manifold.Of(set, set, None));
    }

    [Fact]
    public void Manifold_SetsFarApart_AreZero() =>
        Assert.Equal(new Manifold(0, 0, 0, 0), Manifold.Of(new Vectors(Fixture.Real, Fixture.Width), new Vectors([.. Fixture.Fake.Select(x => x + 1e6)], Fixture.Width), None));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    public void ClassScore_Fixture_IsThatOfNumpy(int parts)
    {
        var (found, expected) = (ClassScore.Of(Fixture.Probabilities, Fixture.Classes, parts), Fixture.Score[$"{parts}"]);
        Near.Relative(expected.Mean, found.Mean, Tolerance);
        Near.Absolute(expected.Deviation, found.Deviation, Tolerance);
    }

    [Fact]
    public void ClassScore_ClosedForms()
    {
        var clear = new double[100 * 10];
        for (var i = 0; i < 100; i++) clear[i * 10 + i % 10] = 1;
        Near.Relative(10, ClassScore.Of(clear, 10).Mean, 1e-12);
        Near.Absolute(0, ClassScore.Of(clear, 10).Deviation, 1e-12);
        var same = Enumerable.Range(0, 100).SelectMany(_ => new[] { 0.7, 0.2, 0.1 }).ToArray();
        Near.Relative(1, ClassScore.Of(same, 3).Mean, 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ClassScore_OfAnyProbabilities_IsFromOneToTheirNumber(int parts)
    {
        var random = new Random(4);
        foreach (var classes in new[] { 2, 6, 10 })
            foreach (var sharpness in new[] { 0.01, 1, 30, 300 })
            {
                var rows = Enumerable.Range(0, 60).SelectMany(_ =>
                {
                    var odds = Enumerable.Range(0, classes).Select(_ => Math.Exp(-sharpness * random.NextDouble())).ToArray();
                    return odds.Select(o => o / odds.Sum());
                }).ToArray();
                Assert.InRange(ClassScore.Of(rows, classes, parts).Mean, 1 - 1e-12, classes + 1e-12);
            }
    }

    [Fact]
    public void NearestImage_Fixture_IsThatOfScipy()
    {
        var nearest = new NearestImage(Fixture.Images, Fixture.Pixels);
        foreach (var image in Fixture.Train.Chunk(Fixture.Pixels)) nearest.Show(image);
        for (var i = 0; i < Fixture.Nearest.Length; i++) Near.Relative(Fixture.Nearest[i], nearest.Distances[i], Tolerance);
        nearest.Show(Fixture.Images.AsSpan(3 * Fixture.Pixels, Fixture.Pixels));
        Assert.Equal(0, nearest.Distances[3]);
    }

    [Fact]
    public void DetectionRate_CountsImagesNotBoxes()
    {
        // 0.75 is the same in float32 and float64
        Assert.Equal(0.5, DetectionRate.Of([[0.9f], [0.74f], [0.75f], []], 0.75));
        Assert.Equal(0.5, DetectionRate.Of([[0.9f, 0.95f, 0.8f], [0.74f, 0.1f], [0.1f, 0.75f], []], 0.75));
        Assert.Equal(0, DetectionRate.Of([[], []], 0.75));
    }

    [Fact]
    public void Lapack_FindsWhatJacobiFinds()
    {
        var matrix = new GaussianFit(Fixture.Real, Fixture.Width).Covariance;
        var (slow, fast) = (SymmetricEigen.Decompose(matrix), SymmetricEigen.ByLapack(matrix));
        foreach (var (expected, found) in slow.Values.Order().Zip(fast.Values)) Near.Relative(expected, found, 1e-12);
        var n = Fixture.Width;
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                Near.Absolute(matrix[i, j], Enumerable.Range(0, n).Sum(k => fast.Values[k] * fast.Vectors[i, k] * fast.Vectors[j, k]), 1e-10);
    }

    [Fact]
    public void FrechetDistance_WideFeatures_IsTheSumOverTheDimensions()
    {
        // diagonal covariances: the one-dimensional distances add
        var width = SymmetricEigen.Large + 1;
        var (one, other) = (new double[width, width], new double[width, width]);
        for (var i = 0; i < width; i++) (one[i, i], other[i, i]) = (4, 1);
        var shift = Enumerable.Range(0, width).Select(i => i == 0 ? 3.0 : 0).ToArray();
        Near.Relative(width + 9, new GaussianFit(new double[width], one).FrechetDistance(new GaussianFit(shift, other)), 1e-9);
    }
}
