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
        using Linear from = nn.Linear(1, 1, hasBias: false), to = nn.Linear(1, 1, hasBias: false);
        using (no_grad())
        {
            nn.init.ones_(from.weight!);
            nn.init.zeros_(to.weight!);
        }
        var average = new MovingAverage(from, to, new AverageSettings { Decay = 0.9999 });
        // far beyond the beginning, where the decay is at its limit
        for (var n = 0; n < 1000; n++) average.Update(1_000_000 + n);
        Near.Relative(0.0951671, to.weight!.item<float>(), 1e-4, "1 - 0.9999^1000");
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
