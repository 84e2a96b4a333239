using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Loop;

public sealed class LearningRateTests
{
    private static readonly OptimizerSettings Settings = new() { LearningRate = 2, Warmup = 4, FinalShare = 0.1 };

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(54, 1.1)]
    [InlineData(104, 0.2)]
    public void At_WarmsUpThenFallsAlongHalfACosine(int step, double rate) => Assert.Equal(rate, LearningRate.At(Settings, step, 104), 12);

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(54, 1.1)]
    [InlineData(79, 0.65)]
    [InlineData(104, 0.2)]
    public void At_Linear_FallsAlongALine(int step, double rate) => Assert.Equal(rate, LearningRate.At(Settings with { Decay = RateDecay.Linear }, step, 104), 12);

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(103, 2)]
    public void At_Constant_StaysAtTheFullRate(int step, double rate) => Assert.Equal(rate, LearningRate.At(Settings with { Decay = RateDecay.Constant }, step, 104), 12);

    /// <summary>2 sqrt(4 / n) in the n-th step: 1 at n = 16, a quarter of the full rate at n = 64, whatever the length of the run.</summary>
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(3, 2)]
    [InlineData(4, 1.7888543819998317)]
    [InlineData(15, 1)]
    [InlineData(63, 0.5)]
    public void At_InverseSqrt_FallsWithTheRootOfTheStep(int step, double rate)
    {
        foreach (var steps in new[] { 64, 10_000 }) Assert.Equal(rate, LearningRate.At(Settings with { Decay = RateDecay.InverseSqrt }, step, steps), 12);
    }

    [Fact]
    public void At_FinalShareOne_StaysConstant() => Assert.Equal(2, LearningRate.At(Settings with { FinalShare = 1 }, 77, 104), 12);
}
