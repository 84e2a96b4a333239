using Diffusion.Noise;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class DiversityTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public void Of_OneDimension_IsCountedByHand()
    {
        // 1, 3 and 2 apart
        Assert.Equal(new Diversity(2, null), Diversity.Of(new Vectors([0, 1, 3], 1), null, None));
        // two pairs with one label, 1 and 3 apart; the other four are 10, 13, 9 and 12 apart
        Assert.Equal(new Diversity(48 / 6.0, 2), Diversity.Of(new Vectors([0, 10, 1, 13], 1), [0, 1, 0, 1], None));
        // no two with one label
        Assert.Equal(new Diversity(2, null), Diversity.Of(new Vectors([0, 1, 3], 1), [0, 1, 2], None));
    }

    [Fact]
    public void Of_ASimplex_IsItsEdge()
    {
        const int k = 7;
        var corners = new double[k * k];
        for (var i = 0; i < k; i++) corners[i * k + i] = 3;
        Near.Relative(3 * Math.Sqrt(2), Diversity.Of(new Vectors(corners, k), null, None).All, 1e-12);
    }

    [Fact]
    public void Of_EqualPictures_IsNothing() => Assert.Equal(new Diversity(0, 0), Diversity.Of(new Vectors([.. Enumerable.Repeat(0.3, 12)], 4), [1, 1, 1], None));

    /// <summary>Two draws of N(0, I) in 8 dimensions are 2 Gamma(9/2) / Gamma(4) = 35 sqrt(pi) / 16 apart in the mean.</summary>
    [Fact]
    public void Of_NormalVectors_IsTheMeanOfTheChiDistribution()
    {
        var numbers = new float[8 * 1500];
        SeededNoise.Normal(3, 0, 0, NoisePurpose.Start, numbers);
        Near.Relative(35 * Math.Sqrt(Math.PI) / 16, Diversity.Of(new Vectors(Array.ConvertAll(numbers, v => (double)v), 8), null, None).All, 0.01);
    }

    [Fact]
    public void Of_OnePicture_IsRefused() => Assert.Throws<EvaluationException>(() => Diversity.Of(new Vectors([1, 2], 2), null, None));
}
