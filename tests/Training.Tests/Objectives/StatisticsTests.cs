using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

public sealed class StatisticsTests
{
    [Fact]
    public void Correlation_OfAnAffineCopy_IsOne() => Assert.Equal(1, Statistics.Correlation([1, 2, 4], [3, 5, 9]), 12);

    [Fact]
    public void Correlation_OfTheOpposite_IsMinusOne() => Assert.Equal(-1, Statistics.Correlation([1, 2, 4], [-1, -2, -4]), 12);

    [Fact]
    public void Correlation_WithAConstant_IsZero() => Assert.Equal(0, Statistics.Correlation([1, 2, 4], [3, 3, 3]));

    [Fact]
    public void RootMeanSquare_IsOfTheDifferences() => Assert.Equal(Math.Sqrt(12.5), Statistics.RootMeanSquare([1, 2], [4, -2]), 12);

    [Fact]
    public void VarianceAcross_IsOverSamplesNotOverPixels() => Assert.Equal((2.0 + 0.0) / 2, Statistics.VarianceAcross([1, 100, 3, 100], 2), 12);
}
