using Diffusion.Testing;
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
    public void Decay_BeginsSmallAndEndsAtItsLimit(int n, double decay) => Assert.Equal(decay, MovingAverage.Decay(0.9999, n), 12);

    [Fact]
    public void Update_ConstantWeight_ApproachesItByOneMinusThePower()
    {
        using Linear from = nn.Linear(1, 1, hasBias: false), to = nn.Linear(1, 1, hasBias: false);
        using (no_grad())
        {
            nn.init.ones_(from.weight!);
            nn.init.zeros_(to.weight!);
        }
        var average = new MovingAverage(from, to, 0.9999);
        // far beyond the beginning, where the decay is at its limit
        for (var n = 0; n < 1000; n++) average.Update(1_000_000 + n);
        Near.Relative(0.0951671, to.weight!.item<float>(), 1e-4, "1 - 0.9999^1000");
    }

    [Fact]
    public void Copy_MakesBothEqual()
    {
        using Linear from = nn.Linear(2, 2), to = nn.Linear(2, 2);
        new MovingAverage(from, to, 0.5).Copy();
        Assert.True(allclose(from.weight!, to.weight!, 0, 0));
        Assert.True(allclose(from.bias!, to.bias!, 0, 0));
    }
}
