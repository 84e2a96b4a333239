using Diffusion.Samplers;
using Diffusion.Schedules;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class RatioSpacingTests
{
    [Theory]
    [InlineData("karras")]
    [InlineData("logsnr")]
    public void Choose_EveryScheduleAndStepCount_GivesThatManyDifferentTimesWithBothEnds(string spacing)
    {
        foreach (var name in ScheduleCatalogue.Names)
            foreach (var total in new[] { 25, 50, 101 })
            {
                var schedule = ScheduleCatalogue.Create(name, total);
                Assert.Equal([total], TimeSpacing.Choose(spacing, schedule, 1));
                for (var steps = 2; steps <= total; steps++)
                {
                    var times = TimeSpacing.Choose(spacing, schedule, steps);
                    Assert.True(times.Zip(times.Skip(1)).All(p => p.First < p.Second), $"{name} {total} {steps}");
                    Assert.Equal((steps, 1, total), (times.Length, times[0], times[^1]));
                }
            }
    }

    /// <summary>The ratios of the linear schedule are 0.0100 to 157.407; by hand from eq. 5, each on the time nearest in the logarithm.</summary>
    [Fact]
    public void Choose_KarrasOnTheLinearSchedule_IsNearestToTheRatiosOfTheEquation()
    {
        double Ratio(int t) => Math.Sqrt(1 / Linear.AlphaBar(t) - 1);
        Assert.Equal(157.407, Ratio(1000), 3);
        Assert.Equal(0.01000050, Ratio(1), 8);
        var times = TimeSpacing.Choose("karras", Linear, 10);
        for (var i = 1; i < 9; i++)
        {
            var wanted = Math.Pow(Math.Pow(Ratio(1000), 1 / 7.0) + (9 - i) / 9.0 * (Math.Pow(Ratio(1), 1 / 7.0) - Math.Pow(Ratio(1000), 1 / 7.0)), 7);
            Assert.Equal(Enumerable.Range(1, 1000).MinBy(t => Math.Abs(Math.Log(Ratio(t) / wanted))), times[i]);
        }
    }

    /// <summary>Where the ratios themselves are geometric, even in their logarithm is even in t.</summary>
    [Fact]
    public void Choose_LogSnrOnAGeometricSchedule_IsEvenInTime() =>
        Assert.Equal([1, 12, 23, 34, 45, 56, 67, 78, 89, 100], TimeSpacing.Choose("logsnr", VarianceExplodingSchedule.Create(100), 10));
}
