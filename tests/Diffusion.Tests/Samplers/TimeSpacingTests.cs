using Diffusion.Samplers;

namespace Diffusion.Tests.Samplers;

public sealed class TimeSpacingTests
{
    [Theory]
    [InlineData("quadratic", 10, new[] { 0, 9, 39, 88, 158, 246, 355, 483, 632, 800 })]
    [InlineData("uniform", 10, new[] { 0, 100, 200, 300, 400, 500, 600, 700, 800, 900 })]
    [InlineData("trailing", 10, new[] { 99, 199, 299, 399, 499, 599, 699, 799, 899, 999 })]
    [InlineData("trailing", 1, new[] { 999 })]
    [InlineData("uniform", 1, new[] { 0 })]
    [InlineData("quadratic", 1, new[] { 0 })]
    [InlineData("trailing", 3, new[] { 332, 666, 999 })]
    public void Choose_KnownCase_GivesTheseIndices(string spacing, int steps, int[] indices) =>
        Assert.Equal(indices, TimeSpacing.Choose(spacing, 1000, steps).Select(t => t - 1));

    [Theory]
    [InlineData("trailing")]
    [InlineData("uniform")]
    public void Choose_EveryStepCount_GivesThatManyDifferentTimes(string spacing)
    {
        foreach (var total in new[] { 1, 2, 7, 50, 101 })
            for (var steps = 1; steps <= total; steps++)
            {
                var times = TimeSpacing.Choose(spacing, total, steps);
                Assert.Equal(steps, times.Distinct().Count());
                Assert.Equal(times.Order(), times);
                Assert.InRange(times[0], 1, total);
                Assert.InRange(times[^1], 1, total);
            }
    }

    [Fact]
    public void Choose_Quadratic_EndsAtExactlyFourFifths()
    {
        for (var total = 5; total < 4000; total += 5) Assert.Equal(1 + total * 4 / 5, TimeSpacing.Choose("quadratic", total, 2)[^1]);
    }

    [Theory]
    [InlineData("trailing", 1001)]
    [InlineData("uniform", 1001)]
    [InlineData("quadratic", 900)]
    public void Choose_MoreStepsThanFit_NamesSteps(string spacing, int steps) =>
        Assert.Equal("steps", Assert.Throws<SamplingOptionException>(() => TimeSpacing.Choose(spacing, 1000, steps)).Field);
}
