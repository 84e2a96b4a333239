using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Schedules;

/// <summary>Constants computed apart in 50 digits.</summary>
public sealed class ScheduleConstantsTests
{
    private const double EightDigits = 1e-8;

    [Theory]
    [InlineData("linear", 1000, 1, 0.9999)]
    [InlineData("linear", 1000, 500, 7.858724288178e-2)]
    [InlineData("linear", 1000, 1000, 4.035829765376e-5)]
    [InlineData("linear-scaled", 1000, 500, 7.858724288178e-2)]
    [InlineData("linear-scaled", 4000, 4000, 4.246652275802e-5)]
    [InlineData("cosine", 1000, 500, 0.4938435904406)]
    [InlineData("cosine", 1000, 1000, 2.428766907034e-9)]
    [InlineData("cosine", 4000, 4000, 1.517980468850e-10)]
    [InlineData("cosine-floored", 1000, 1000, 2.427833530934e-10)]
    [InlineData("sigmoid", 1000, 1000, 3.002791997492e-7)]
    [InlineData("quadratic", 1000, 500, 0.3331877673563)]
    [InlineData("quadratic", 1000, 1000, 7.334124595808e-4)]
    [InlineData("constant", 1000, 500, 4.102398514547e-5)]
    [InlineData("constant", 1000, 1000, 1.682967357216e-9)]
    [InlineData("warmup10", 1000, 100, 0.3635632480555)]
    [InlineData("warmup10", 1000, 1000, 4.613686681671e-9)]
    [InlineData("warmup50", 1000, 500, 6.352710797015e-3)]
    [InlineData("warmup50", 1000, 1000, 2.606135133702e-7)]
    [InlineData("vp-sde", 1000, 1, 0.9998900560443)]
    [InlineData("vp-sde", 1000, 500, 7.906381245316e-2)]
    [InlineData("vp-sde", 1000, 1000, 4.318574906034e-5)]
    [InlineData("vp-sde", 10, 10, 4.318574906034e-5)]
    public void AlphaBar_KnownStep_HasItsConstant(string name, int steps, int t, double expected) =>
        Near.Relative(expected, ScheduleCatalogue.Create(name, steps).AlphaBar(t), EightDigits);

    [Theory]
    [InlineData("linear", 1000, 1, 1e-4)]
    [InlineData("linear", 1000, 1000, 0.02)]
    [InlineData("linear", 4000, 4000, 0.02)]
    [InlineData("linear-scaled", 4000, 1, 2.5e-5)]
    [InlineData("linear-scaled", 4000, 4000, 0.005)]
    [InlineData("cosine", 1000, 1, 4.128422482178e-5)]
    [InlineData("cosine", 4000, 1, 9.865818813592e-6)]
    [InlineData("cosine-floored", 1000, 1, 1e-4)]
    [InlineData("sigmoid", 1000, 1, 3.002791997492e-4)]
    [InlineData("quadratic", 1000, 1, 1e-4)]
    [InlineData("quadratic", 1000, 500, 5.722151147769e-3)]
    [InlineData("quadratic", 1, 1, 1e-4)]
    [InlineData("constant", 7, 1, 0.02)]
    [InlineData("warmup10", 1000, 50, 9.949494949495e-3)]
    [InlineData("warmup10", 1000, 101, 0.02)]
    [InlineData("warmup10", 10, 1, 1e-4)]
    [InlineData("warmup10", 9, 1, 0.02)]
    [InlineData("warmup50", 1000, 1, 1e-4)]
    [InlineData("warmup50", 1000, 250, 1.003006012024e-2)]
    [InlineData("warmup50", 1000, 501, 0.02)]
    public void Beta_KnownStep_HasItsConstant(string name, int steps, int t, double expected) =>
        Near.Relative(expected, ScheduleCatalogue.Create(name, steps).Beta(t), EightDigits);

    /// <summary>ln SNR of the schedule of Salimans and Ho 2022, whose ends are 20 and -20.</summary>
    [Theory]
    [InlineData(1000, 250, 1.762618766561)]
    [InlineData(1000, 500, 0)]
    [InlineData(1000, 750, -1.762618766561)]
    [InlineData(1000, 1000, -20)]
    [InlineData(8, 2, 1.762618766561)]
    public void CosineLogSnr_KnownStep_HasItsRatio(int steps, int t, double expected) =>
        Near.Absolute(expected, Math.Log(CosineSchedule.LogRatio(steps).SignalToNoise(t)), EightDigits);

    /// <summary>The 1000 betas that the SDE's authors discretise it to, linspace(0.1/N, 20/N), are the scaled linear ones; many steps of either are the same process.</summary>
    [Fact]
    public void VpSde_ManySteps_IsTheScaledLinearSchedule()
    {
        var (exact, linear) = (VariancePreservingSde.Create(100_000), LinearSchedule.Scaled(100_000));
        foreach (var t in new[] { 1000, 50_000, 100_000 }) Near.Relative(exact.AlphaBar(t), linear.AlphaBar(t), 1e-3, $"{t}");
    }

    [Fact]
    public void Sigmoid_Middle_IsOneHalf() => Near.Absolute(0.5, SigmoidSchedule.Create(1000).AlphaBar(500), 1e-12);

    [Fact]
    public void Quadratic_RootOfBeta_RisesEvenly()
    {
        var schedule = EarlySchedules.Quadratic(100);
        for (var t = 2; t <= 100; t++) Near.Relative((Math.Sqrt(0.02) - 0.01) / 99, Math.Sqrt(schedule.Beta(t)) - Math.Sqrt(schedule.Beta(t - 1)), 1e-11, $"{t}");
    }

    [Fact]
    public void Cosine_LastStepAlone_IsClipped()
    {
        foreach (var steps in new[] { 1000, 4000 })
            Assert.Equal([steps], Enumerable.Range(1, steps).Where(t => CosineSchedule.Improved(steps).Beta(t) >= 0.999));
    }

    [Fact]
    public void CosineFloored_ThirteenSteps_AreRaisedAndTheLastIsLowered()
    {
        var schedule = CosineSchedule.Floored(1000);
        Assert.Equal(Enumerable.Range(1, 13), Enumerable.Range(1, 1000).Where(t => schedule.Beta(t) == 1e-4));
        Assert.Equal(0.9999, schedule.Beta(1000));
    }

    [Fact]
    public void Cosine_EndOfT1000_AmplifiesTheNetworkAsPublished() => Near.Relative(20291, 1 / CosineSchedule.Improved(1000).Alpha(1000), 1e-4);
}
