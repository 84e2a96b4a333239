using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Loop;

public sealed class MovingAverageTests
{
    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(90, 0.91)]
    [InlineData(1_000_000, 0.9999)]
    public void Decay_WarmUp_BeginsSmallAndEndsAtItsLimit(int n, double decay) =>
        Assert.Equal(decay, MovingAverage.Decay(new AverageSettings { Decay = 0.9999 }, n), 12);

    /// <summary>The warm-up counts updates, not steps: the tenth of them has (1 + 9) / (10 + 9).</summary>
    [Theory]
    [InlineData(90, 10.0 / 19)]
    [InlineData(95, 1)]
    [InlineData(10_000_000, 0.9999)]
    public void Decay_WarmUpAtEveryTenth_CountsItsUpdates(int n, double decay) =>
        Assert.Equal(decay, MovingAverage.Decay(new AverageSettings { Decay = 0.9999, Every = 10 }, n), 12);

    // ema_pytorch with beta 0.995, update_every 10, update_after_step 100: figures of that library
    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(200, 0.9535841116638722)]
    [InlineData(1000, 0.9892723401710486)]
    [InlineData(5000, 0.995)]
    [InlineData(1001, 1)]
    public void Decay_Power_CopiesFirstAndIsFastThen(int n, double decay) =>
        Assert.Equal(decay, MovingAverage.Decay(new AverageSettings { Rule = AverageRule.Power, Decay = 0.995, Every = 10 }, n), 12);

    [Theory]
    [InlineData(0, 0.9)]
    [InlineData(7, 1)]
    [InlineData(8, 0.9)]
    public void Decay_Constant_IsThatFromTheStartAtEveryUpdate(int n, double decay) =>
        Assert.Equal(decay, MovingAverage.Decay(new AverageSettings { Rule = AverageRule.Constant, Decay = 0.9, Every = 4 }, n), 12);

    [Fact]
    public void Update_BetweenUpdates_LeavesTheAverage()
    {
        using Linear from = nn.Linear(2, 2), to = nn.Linear(2, 2);
        var average = new MovingAverage(from, to, new AverageSettings { Rule = AverageRule.Constant, Decay = 0.5, Every = 2 });
        using var before = to.weight!.clone();
        average.Update(1);
        Assert.True(allclose(before, to.weight!, 0, 0));
        average.Update(2);
        Assert.False(allclose(before, to.weight!, 0, 0));
    }

    [Fact]
    public void Update_ConstantWeight_ApproachesItByOneMinusThePower()
    {
        // far beyond the beginning, where the decay is at its limit
        var reached = Follow(new AverageSettings { Decay = 0.9999 }, 1_000_000, 1000, _ => 1);
        Near.Relative(1 - Math.Pow(0.9999, 1000), reached, 1e-12);
        Near.Absolute(0.0951671, reached, 5e-8);
    }

    [Fact]
    public void Update_WeightThatGrowsEvenly_LagsByTheDecayOverItsComplement() =>
        Near.Relative(0.99 / 0.01, 5000 - Follow(new AverageSettings { Rule = AverageRule.Constant, Decay = 0.99 }, 0, 5000, n => n), 1e-9);

    /// <summary>Steps after which half of what the average was has gone.</summary>
    [Theory]
    [InlineData(0.9999, 1, 6931)]
    [InlineData(0.995, 10, 1383)]
    public void Decay_OverAHalfLife_LeavesHalf(double decay, int every, int halfLife)
    {
        var settings = new AverageSettings { Rule = AverageRule.Power, Decay = decay, Every = every };
        // that rule is at its limit from step 1,000,101 on at the latest
        const int start = 2_000_000, steps = 10_000;
        var logarithms = Enumerable.Range(start, steps).Sum(n => Math.Log(MovingAverage.Decay(settings, n)));
        Near.Absolute(halfLife, steps * Math.Log(0.5) / logarithms, 0.5);
    }

    /// <summary>The average in float64 after so many updates from 0, of a weight that is <paramref name="weight"/> at the k-th of them, k from 1.</summary>
    private static double Follow(AverageSettings settings, int first, int updates, Func<int, double> weight)
    {
        using Linear from = nn.Linear(1, 1, hasBias: false, dtype: ScalarType.Float64), to = nn.Linear(1, 1, hasBias: false, dtype: ScalarType.Float64);
        using var off = no_grad();
        nn.init.zeros_(to.weight!);
        var average = new MovingAverage(from, to, settings);
        for (var k = 1; k <= updates; k++)
        {
            nn.init.constant_(from.weight!, weight(k));
            average.Update(first + k);
        }
        return to.weight!.item<double>();
    }

    [Fact]
    public void Copy_MakesBothEqual()
    {
        using Linear from = nn.Linear(2, 2), to = nn.Linear(2, 2);
        new MovingAverage(from, to, new AverageSettings()).Copy();
        Assert.True(allclose(from.weight!, to.weight!, 0, 0));
        Assert.True(allclose(from.bias!, to.bias!, 0, 0));
    }
}
