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

    [Fact]
    public void At_FinalShareOne_StaysConstant() => Assert.Equal(2, LearningRate.At(Settings with { FinalShare = 1 }, 77, 104), 12);
}
