using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Schedules;

/// <summary>Constants computed apart in float64, given to at least six digits.</summary>
public sealed class ScheduleConstantsTests
{
    private const double SixDigits = 4e-6;

    [Theory]
    [InlineData("linear", 1000, 1, 0.9999)]
    [InlineData("linear", 1000, 500, 0.0785872429)]
    [InlineData("linear", 1000, 1000, 4.03583e-5)]
    [InlineData("linear-scaled", 1000, 500, 0.0785872429)]
    [InlineData("linear-scaled", 4000, 4000, 4.24665e-5)]
    [InlineData("cosine", 1000, 500, 0.49384359)]
    [InlineData("cosine", 1000, 1000, 2.42877e-9)]
    [InlineData("cosine", 4000, 4000, 1.51798e-10)]
    [InlineData("cosine-floored", 1000, 1000, 2.42783e-10)]
    [InlineData("sigmoid", 1000, 1000, 3.00279e-7)]
    public void AlphaBar_KnownStep_HasItsConstant(string name, int steps, int t, double expected) =>
        Near.Relative(expected, ScheduleCatalogue.Create(name, steps).AlphaBar(t), SixDigits);

    [Theory]
    [InlineData("linear", 1000, 1, 1e-4)]
    [InlineData("linear", 1000, 1000, 0.02)]
    [InlineData("linear", 4000, 4000, 0.02)]
    [InlineData("linear-scaled", 4000, 1, 2.5e-5)]
    [InlineData("linear-scaled", 4000, 4000, 0.005)]
    [InlineData("cosine", 1000, 1, 4.12842e-5)]
    [InlineData("cosine", 4000, 1, 9.8658e-6)]
    [InlineData("cosine-floored", 1000, 1, 1e-4)]
    [InlineData("sigmoid", 1000, 1, 3.002792e-4)]
    public void Beta_KnownStep_HasItsConstant(string name, int steps, int t, double expected) =>
        Near.Relative(expected, ScheduleCatalogue.Create(name, steps).Beta(t), SixDigits);

    [Fact]
    public void Sigmoid_Middle_IsOneHalf() => Near.Absolute(0.5, SigmoidSchedule.Create(1000).AlphaBar(500), 1e-12);

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
