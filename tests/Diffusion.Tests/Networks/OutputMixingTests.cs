using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class OutputMixingTests
{
    /// <summary>x_0 = sigma^2 x + alpha (x_t - sigma e), at every time.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("sigmoid")]
    public void Both_OfAnyImageAndNoise_IsThePapersMixture(string name)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        var (noisy, image, noise) = (0.7, -0.4, 1.3);
        for (var t = 1; t <= 1000; t++)
        {
            double alpha = schedule.Alpha(t), sigma = schedule.Sigma(t);
            var (p, q) = Prediction.Both.ToClean(schedule, t);
            Near.Absolute(sigma * sigma * image + alpha * (noisy - sigma * noise), p * noisy + q * (alpha * noise - sigma * image), 1e-12);
        }
    }

    /// <summary>Of a right image and a right noise the mixture is that image, however much either counts.</summary>
    [Fact]
    public void Both_OfOutputsThatAgree_IsTheirImage()
    {
        var schedule = ScheduleCatalogue.Create("cosine", 1000);
        for (var t = 1; t <= 1000; t++)
        {
            var (p, q) = Prediction.Both.ToClean(schedule, t);
            double alpha = schedule.Alpha(t), sigma = schedule.Sigma(t);
            Near.Absolute(-0.4, p * (alpha * -0.4 + sigma * 1.3) + q * (alpha * 1.3 - sigma * -0.4), 1e-12);
        }
    }

    [Fact]
    public void Forward_OfBothOutputs_MixesThemAtEachImagesTime()
    {
        var schedule = ScheduleCatalogue.Create("cosine", 1000);
        var config = Config with { Channels = 3, BothOutputs = true };
        using UNet mixing = Drawn(config, schedule), plain = Drawn(config with { BothOutputs = false, LearnedVariance = true });
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (x, memory, time, labels) = (Gaussian(3, 3, 3, 8, 8), Gaussian(4, 3, 3, 8, 8), tensor([0L, 500L, 999L]), tensor([0L, 1L, 3L]));
        var (mixed, both) = (mixing.forward(x, time, labels, memory), plain.forward(x, time, labels, memory));
        Assert.Equal([3, 3, 8, 8], mixed.shape);
        Tensor alpha = PerTime(schedule.Alpha), sigma = PerTime(schedule.Sigma);
        var expected = both.narrow(1, 3, 3).mul(alpha).sub(both.narrow(1, 0, 3).mul(sigma));
        Near.Absolute(0, Distance(expected, mixed), 1e-6 * both.abs().max().item<float>());
        // between two times, on the line
        Near.Absolute(0, Distance(mixing.forward(x, time.to(float32), labels, memory), mixed), 1e-6 * both.abs().max().item<float>());
        Assert.Equal(plain.state_dict().Keys, mixing.state_dict().Keys);

        Tensor PerTime(Func<int, double> of) => tensor([(float)of(1), (float)of(501), (float)of(1000)], [3, 1, 1, 1]);
    }

    [Fact]
    public void Forward_BetweenTwoTimes_MixesByTheLineBetweenTheirNumbers()
    {
        var schedule = ScheduleCatalogue.Create("cosine", 1000);
        var config = Config with { Memory = false, BothOutputs = true };
        using UNet mixing = Drawn(config, schedule), plain = Drawn(config with { BothOutputs = false, LearnedVariance = true });
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (x, time) = (Gaussian(3, 1, 1, 8, 8), tensor(new[] { 500.25f }));
        var both = plain.forward(x, time);
        double Line(Func<int, double> of) => 0.75 * of(501) + 0.25 * of(502);
        var expected = both.narrow(1, 1, 1).mul(Line(schedule.Alpha)).sub(both.narrow(1, 0, 1).mul(Line(schedule.Sigma)));
        Near.Absolute(0, Distance(expected, mixing.forward(x, time)), 1e-6 * both.abs().max().item<float>());
    }

    [Fact]
    public void Forward_WithoutASchedule_SaysWhatIsMissing()
    {
        using var network = new UNet(Config with { Memory = false, BothOutputs = true });
        using var scope = NewDisposeScope();
        Assert.Contains("build the network with one", Assert.Throws<InvalidOperationException>(() => network.forward(Gaussian(1, 1, 1, 8, 8), tensor([0L]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WithALearnedVariance_IsRefused() => Assert.Contains(
        nameof(UNetConfig.BothOutputs), Assert.Throws<ArgumentException>((Config with { BothOutputs = true, LearnedVariance = true }).Validate).Message, StringComparison.Ordinal);

    // with weights that are the same for the same layers, and none of them 0
    private static UNet Drawn(UNetConfig config, NoiseSchedule? schedule = null)
    {
        var network = new UNet(config, schedule: schedule);
        Randomise(network, 1);
        return network;
    }
}
