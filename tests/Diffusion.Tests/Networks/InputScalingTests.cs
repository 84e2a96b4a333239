using Diffusion.Networks;
using Diffusion.Schedules;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class InputScalingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    public void Forward_WhereVarianceExplodes_SeesTheScaledImageAndTheMemoryAsItIs(double deviation)
    {
        var schedule = VarianceExplodingSchedule.Create(1000);
        using var scaled = new UNet(Config with { DataDeviation = deviation }, schedule: schedule);
        using var plain = Random(Config);
        Randomise(scaled, 1);
        using var scope = NewDisposeScope();
        var (x, memory, time, labels) = (Gaussian(3, 3, 1, 8, 8), Gaussian(4, 3, 1, 8, 8), tensor([0L, 500L, 999L]), tensor([0L, 1L, 3L]));
        float[] scales = [.. new[] { 1, 501, 1000 }.Select(t => (float)(1 / Math.Sqrt(deviation * deviation + schedule.Sigma(t) * schedule.Sigma(t))))];
        var seen = x.mul(tensor(scales, [3, 1, 1, 1]));
        Assert.Equal(0, Distance(plain.forward(seen, time, labels, memory), scaled.forward(x, time, labels, memory)));
        Assert.NotEqual(0, Distance(plain.forward(x, time, labels, memory), scaled.forward(x, time, labels, memory)));
        // nothing of it is a weight
        Assert.Equal(plain.state_dict().Keys, scaled.state_dict().Keys);
    }

    [Fact]
    public void Forward_WhereVarianceIsPreserved_SeesTheImageAsItIs()
    {
        using UNet scheduled = new(Config, schedule: CosineSchedule.Improved(100)), plain = Random(Config);
        Randomise(scheduled, 1);
        using var scope = NewDisposeScope();
        var (x, memory, time) = (Gaussian(3, 2, 1, 8, 8), Gaussian(4, 2, 1, 8, 8), tensor([0L, 99L]));
        Assert.Equal(0, Distance(plain.forward(x, time, memory: memory), scheduled.forward(x, time, memory: memory)));
    }
}
