using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Samplers;

/// <summary>Karras et al. 2022, table 1, with sigma_data = 0.5.</summary>
public sealed class EdmPredictionTests
{
    private const double D = 0.5;

    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("ve", 1000);

    [Fact]
    public void Coefficients_AtEveryTime_AreThoseOfThePaper()
    {
        for (var t = 1; t <= 1000; t++)
        {
            var s = Schedule.Sigma(t);
            var (skip, scale) = Prediction.Edm.ToClean(Schedule, t);
            Near.Relative(D * D / (s * s + D * D), skip, 1e-12, $"c_skip {t}");
            Near.Relative(s * D / Math.Sqrt(s * s + D * D), scale, 1e-12, $"c_out {t}");
            Near.Relative(1 / Math.Sqrt(s * s + D * D), Schedule.InputScale(t, D), 1e-12, $"c_in {t}");
            // the index that the network is shown is a straight line in c_noise = ln(s) / 4
            Near.Absolute(t - 1, (Math.Log(s) / 4 - Math.Log(0.01) / 4) / (Math.Log(5000) / 4) * 999, 1e-9, $"c_noise {t}");
        }
    }

    /// <summary>F = 0 of a fresh network gives D(x) = c_skip x.</summary>
    [Fact]
    public void FreshNetwork_OfAnyTime_GivesTheSkippedImage()
    {
        using var network = new UNet(Config with { Memory = false, DataDeviation = D }, schedule: Schedule);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        foreach (var t in new[] { 1, 400, 1000 })
        {
            var x = Gaussian(t, 1, 1, 8, 8).mul((float)Schedule.Sigma(t));
            var (p, q) = Prediction.Edm.ToClean(Schedule, t);
            var denoised = x.mul((float)p).add(network.forward(x, tensor([t - 1L])).mul((float)q));
            Assert.Equal(0, Distance(x.mul((float)(0.25 / (Schedule.Variance(t) + 0.25))), denoised));
        }
    }

    /// <summary>c_in x of data of that deviation has a variance of 1.</summary>
    [Fact]
    public void InputScale_OfDataOfItsDeviation_HasUnitVariance()
    {
        foreach (var t in new[] { 1, 10, 400, 1000 }) Near.Relative(1, Math.Pow(Schedule.InputScale(t, D), 2) * (D * D + Schedule.Variance(t)), 1e-12, $"{t}");
    }
}
