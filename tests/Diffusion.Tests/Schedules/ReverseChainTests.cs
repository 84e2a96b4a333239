using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Schedules;

public sealed class ReverseChainTests
{
    private static readonly NoiseSchedule Linear = LinearSchedule.Raw(1000);

    [Fact]
    public void Whole_HasTheStepsOfTheScheduleAndTheirBounds()
    {
        var chain = ReverseChain.Whole(Linear);
        Assert.Equal(1000, chain.Count);
        for (var k = 1; k < 1000; k++)
        {
            Assert.Equal(k + 1, chain.Time(k));
            Near.Relative(Math.Log(Linear.PosteriorBetween(k, k + 1).Variance), chain.LogSmall(k), 1e-14);
            Near.Relative(Math.Log(Linear.Beta(k + 1)), chain.LogBeta(k), 1e-14);
            Assert.Equal(chain.LogBeta(k), chain.LogLarge(k));
        }
    }

    [Fact]
    public void Bounds_OfTheFirstStep_AreThoseOfTheSecondForSmallAndLarge()
    {
        foreach (var chain in new[] { ReverseChain.Whole(Linear), new ReverseChain(Linear, [10, 500, 1000]) })
        {
            Assert.Equal(chain.LogSmall(1), chain.LogSmall(0));
            Assert.Equal(chain.LogSmall(1), chain.LogLarge(0));
            Near.Relative(Math.Log(1 - Linear.AlphaBar(chain.Time(0))), chain.LogBeta(0), 1e-12);
        }
        Assert.Equal(Math.Log(1 - Linear.AlphaBar(7)), new ReverseChain(Linear, [7]).LogSmall(0), 1e-12);
    }

    [Theory]
    [InlineData("even", 10)]
    [InlineData("even", 45)]
    [InlineData("strided", 25)]
    [InlineData("trailing", 50)]
    public void Respaced_Steps_AreAScheduleOfTheirOwn(string spacing, int steps)
    {
        var chain = new ReverseChain(Linear, TimeSpacing.Choose(spacing, 1000, steps));
        double signal = 1, before = 1;
        for (var k = 0; k < steps; k++)
        {
            var posterior = chain.Posterior(k);
            signal *= 1 - posterior.Beta;
            Near.Relative(Linear.AlphaBar(chain.Time(k)), signal, 1e-12);
            if (k > 0) Near.Relative(Math.Log(posterior.Beta * (1 - before) / (1 - signal)), chain.LogSmall(k), 1e-9);
            before = signal;
        }
    }

    [Fact]
    public void New_OfTimesThatAreNone_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new ReverseChain(Linear, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReverseChain(Linear, [3, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReverseChain(Linear, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReverseChain(Linear, [1001]));
    }
}
