using Diffusion.Training.Loop;

namespace Diffusion.Training.Tests.Loop;

public sealed class EpochPlanTests
{
    [Fact]
    public void Indices_OfAnEpoch_AreEveryImageOnce()
    {
        var plan = new EpochPlan(seed: 3, images: 10, batch: 4, budget: 100);
        Assert.Equal(3, plan.StepsPerEpoch);
        for (var epoch = 0; epoch < 3; epoch++)
            Assert.Equal(Enumerable.Range(0, 10), Enumerable.Range(3 * epoch, 3).SelectMany(plan.Indices).Order());
    }

    [Fact]
    public void Indices_OfTwoEpochs_DifferInOrder()
    {
        var plan = new EpochPlan(3, 100, 100, 200);
        Assert.NotEqual(plan.Indices(0), plan.Indices(1));
    }

    [Fact]
    public void Indices_AskedOutOfOrder_AreTheSame()
    {
        var plan = new EpochPlan(3, 10, 4, 100);
        var later = plan.Indices(7);
        _ = plan.Indices(0);
        Assert.Equal(later, plan.Indices(7));
    }

    [Theory]
    [InlineData(30, 9)]
    [InlineData(31, 10)]
    [InlineData(24, 7)]
    [InlineData(1, 1)]
    public void Steps_OfABudget_AreWholeBatches(long budget, int steps) => Assert.Equal(steps, new EpochPlan(0, 10, 4, budget).Steps);

    [Fact]
    public void Steps_GivenAsSteps_AreExact() => Assert.Equal(8, new EpochPlan(0, 10, 4, 32, steps: 8).Steps);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 8)]
    [InlineData(3, 10)]
    [InlineData(4, 14)]
    public void ImagesBefore_CountsTheShortLastBatch(int step, long images) => Assert.Equal(images, new EpochPlan(0, 10, 4, 100).ImagesBefore(step));
}
