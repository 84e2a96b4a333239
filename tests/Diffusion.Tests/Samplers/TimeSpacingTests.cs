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
    [InlineData("even", 10, new[] { 0, 111, 222, 333, 444, 555, 666, 777, 888, 999 })]
    [InlineData("even", 1, new[] { 0 })]
    [InlineData("strided", 10, new[] { 0, 100, 200, 300, 400, 500, 600, 700, 800, 900 })]
    public void Choose_KnownCase_GivesTheseIndices(string spacing, int steps, int[] indices) =>
        Assert.Equal(indices, TimeSpacing.Choose(spacing, 1000, steps).Select(t => t - 1));

    [Theory]
    [InlineData("trailing")]
    [InlineData("uniform")]
    [InlineData("even")]
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

    [Theory]
    [InlineData(25, 40, 960)]
    [InlineData(30, 34, 986)]
    [InlineData(1000, 1, 999)]
    public void Choose_Strided_TakesTheSmallestStrideThatGivesJustAsMany(int steps, int stride, int last)
    {
        var times = TimeSpacing.Choose("strided", 1000, steps);
        Assert.Equal((steps, 1, 1 + stride, 1 + last), (times.Length, times[0], steps == 1 ? 1 : times[1], times[^1]));
    }

    [Fact]
    public void Choose_StridedOfACountThatNoStrideGives_NamesSteps()
    {
        // 3 gives 334 and 2 gives 500
        Assert.Equal("steps", Assert.Throws<SamplingOptionException>(() => TimeSpacing.Choose("strided", 1000, 400)).Field);
        for (var steps = 1; steps <= 1000; steps++)
        {
            var stride = Enumerable.Range(1, 1000).FirstOrDefault(s => (999 / s) + 1 == steps);
            if (stride == 0) Assert.Throws<SamplingOptionException>(() => TimeSpacing.Choose("strided", 1000, steps));
            else Assert.Equal(Enumerable.Range(0, steps).Select(i => 1 + i * stride), TimeSpacing.Choose("strided", 1000, steps));
        }
    }

    [Fact]
    public void Sections_OfThree_FillEachFromItsFirstToItsLast()
    {
        var times = TimeSpacing.Sections(300, [10, 15, 20]).Select(t => t - 1).ToArray();
        Assert.Equal(45, times.Distinct().Count());
        Assert.Equal([0, 11, 22], times[..3]);
        Assert.Equal((99, 100, 199, 200, 299), (times[9], times[10], times[24], times[25], times[44]));
        Assert.Equal(45, TimeSpacing.Sections(302, [10, 15, 20]).Distinct().Count());
        Assert.Equal("steps", Assert.Throws<SamplingOptionException>(() => TimeSpacing.Sections(30, [10, 15, 20]).ToArray()).Field);
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
