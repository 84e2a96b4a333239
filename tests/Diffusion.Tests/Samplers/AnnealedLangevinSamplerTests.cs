using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class AnnealedLangevinSamplerTests
{
    private const double S2 = 0.25;

    /// <summary>Ten levels from 1 to 0.01, 100 steps each, k = 2e-5 at 0.01, from uniform noise in [-1, 1]; without the last estimate.</summary>
    [Theory]
    [InlineData(0.1, 0.265409)]
    [InlineData(0.2, 0.257909)]
    public void Table_AsPublished_HasTheKnownVariance(double pull, double expected)
    {
        var levels = NoiseSchedule.Exploding("own", [.. Enumerable.Range(0, 10).Select(i => 0.01 * Math.Pow(100, i / 9.0))]);
        var table = AnnealedLangevinSampler.Table(new DenoiserTraits(levels, Prediction.Epsilon), [.. Enumerable.Range(1, 10)], 100, 1000, pull, clips: false);
        Assert.Equal(1001, table.Rows.Length);
        var walk = new SamplerTable(table.Rows[..1000], Math.Sqrt(1 / 3.0));
        Near.Absolute(expected, RowInterpreter.FinalVariance(walk, new GaussianDenoiser(levels, Prediction.Epsilon, S2).Gain), 1e-6);
    }

    /// <summary>y + k score + sqrt(2k) z on N(0, V) stands still at V / (1 - k / (2 V)).</summary>
    [Theory]
    [InlineData(1, 0.1, 1.0526316)]
    [InlineData(0.25, 0.05, 0.2777778)]
    public void Table_OneLevelForLong_HasTheStationaryVarianceOfTheStep(double variance, double step, double expected)
    {
        // half of the variance is the level's
        var level = NoiseSchedule.Exploding("own", [Math.Sqrt(variance / 2)]);
        var table = AnnealedLangevinSampler.Table(new DenoiserTraits(level, Prediction.Epsilon), [1], 2000, 2000, step / (variance / 2), clips: false);
        Near.Relative(expected, RowInterpreter.FinalVariance(table with { Rows = table.Rows[..2000] }, new GaussianDenoiser(level, Prediction.Epsilon, variance / 2).Gain), 1e-7);
    }

    [Fact]
    public void Compile_Conventions_DifferByTheirFactorAndTheirStep()
    {
        var model = new DenoiserTraits(VarianceExplodingSchedule.Create(1000), Prediction.Epsilon);
        SamplerRow First(params (string, string)[] options) => Compile("ald", model, 101, [("clip", "off"), .. options]).Rows[0];
        var (later, first) = (First(), First(("convention", "2019")));
        // x + c (x0 - x) + sqrt(2 c) sigma z
        Near.Relative(1 - 0.062, later.A, 1e-12);
        Near.Relative(0.062, later.B, 1e-12);
        Near.Relative(50 * Math.Sqrt(2 * 0.062), later.D, 1e-12);
        Near.Relative(1 - 0.1, first.A, 1e-12);
        Near.Relative(50 * Math.Sqrt(0.2), first.D, 1e-12);
        Near.Relative(First(("step-size", "0.3")).A, First(("step-size", "0.3"), ("convention", "2019")).A - 0.15, 1e-9);
    }

    /// <summary>y = x / alpha on a preserving schedule is what an exploding one with its ratios walks through.</summary>
    [Fact]
    public void Run_PreservingSchedule_IsTheSameWalkRescaled()
    {
        var same = NoiseSchedule.Exploding("own", [.. Enumerable.Range(1, 1000).Select(t => Linear.Sigma(t) / Linear.Alpha(t))]);
        var (one, other) = (Compile("ald", new DenoiserTraits(Linear, Prediction.X0), 37, ("clip", "off")), Compile("ald", new DenoiserTraits(same, Prediction.X0), 37, ("clip", "off")));
        double Kick(int row) => row % 2 == 0 ? 1.2 : -0.8;
        var preserving = RowInterpreter.Run(one, new GaussianDenoiser(Linear, Prediction.X0, S2).Output, 0.7, Kick);
        var exploding = RowInterpreter.Run(other, new GaussianDenoiser(same, Prediction.X0, S2).Output, 0.7 / Linear.Sigma(1000), Kick);
        for (var k = 0; k < 36; k++) Near.Relative(preserving[k].X / Linear.Alpha(one.Rows[k + 1].TimeIndex + 1), exploding[k].X, 1e-8, $"{k}");
        Near.Relative(preserving[^1].X, exploding[^1].X, 1e-8);
    }

    [Fact]
    public void Compile_Levels_AreGeometricWithTheStepsTheyWereGiven()
    {
        var schedule = VarianceExplodingSchedule.Create(100);
        var rows = Compile("ald", new DenoiserTraits(schedule, Prediction.Epsilon), 49, ("per-level", "5")).Rows;
        Assert.Equal([99, 88, 77, 66, 55, 44, 33, 22, 11, 0], rows.Select(r => r.TimeIndex).Distinct());
        // the first level is short by what does not divide, the last one has the estimate beside its steps
        Assert.Equal([3, 5, 5, 5, 5, 5, 5, 5, 5, 6], rows.GroupBy(r => r.TimeIndex).Select(g => g.Count()));
    }
}
