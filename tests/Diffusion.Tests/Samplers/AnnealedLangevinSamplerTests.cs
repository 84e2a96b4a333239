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
        var (later, first) = (First(("convention", "2020")), First(("convention", "2019")));
        // x + c (x0 - x) + sqrt(2 c) sigma z
        Near.Relative(1 - 0.062, later.A, 1e-12);
        Near.Relative(0.062, later.B, 1e-12);
        Near.Relative(50 * Math.Sqrt(2 * 0.062), later.D, 1e-12);
        Near.Relative(1 - 0.1, first.A, 1e-12);
        Near.Relative(50 * Math.Sqrt(0.2), first.D, 1e-12);
        Near.Relative(First(("step-size", "0.3")).A, First(("step-size", "0.3"), ("convention", "2019")).A - 0.15, 1e-9);
    }

    /// <summary>The steps that were published for the levels of three data sets, from 50, 90 and 348 down to 0.01 (authors' settings, over 0.01^2, two digits).</summary>
    [Theory]
    [InlineData(50, 232, 5, 0.062)]
    [InlineData(90, 500, 5, 0.033)]
    [InlineData(348, 2311, 3, 0.009)]
    public void Fitted_ThePublishedLevels_GivesThePublishedStep(double most, int levels, int each, double expected) =>
        Near.Absolute(expected, LadderStep.Best(Math.Pow(most / 0.01, 1.0 / (levels - 1)), each), 5e-4);

    /// <summary>One step a level: (1 - c)^2 gamma^2 + 2 c is least at c = 1 - gamma^-2.</summary>
    [Theory]
    [InlineData(1.05)]
    [InlineData(1.6)]
    [InlineData(5)]
    public void Fitted_OneStepALevel_HasItsClosedForm(double ratio) => Near.Relative(1 - 1 / (ratio * ratio), LadderStep.Best(ratio, 1), 1e-12);

    /// <summary>By the rows themselves: from the noise of the level before, a step that is longer or shorter leaves more.</summary>
    [Theory]
    [InlineData(1.47, 5)]
    [InlineData(1.04, 5)]
    [InlineData(2.2, 10)]
    [InlineData(1.16, 2)]
    public void Fitted_OtherSteps_LeaveMoreNoise(double ratio, int each)
    {
        var level = NoiseSchedule.Exploding("own", [1.0]);
        double Left(double pull)
        {
            var table = AnnealedLangevinSampler.Table(new DenoiserTraits(level, Prediction.Epsilon), [1], each, each, pull, clips: false);
            return RowInterpreter.FinalVariance(new SamplerTable(table.Rows[..each], ratio), new GaussianDenoiser(level, Prediction.Epsilon, 0).Gain);
        }
        var best = LadderStep.Best(ratio, each);
        Assert.InRange(Left(best), 1, Math.Min(Left(best * 0.99), Left(best * 1.01)));
    }

    /// <summary>40 levels: the fitted walk ends near the data, that with the step for 232 levels in noise; as docs/samplers.md has it.</summary>
    [Theory]
    [InlineData("linear", 0.331, 1.141)]
    [InlineData("cosine", 0.365, 18.00)]
    [InlineData("ve", 0.324, 0.820)]
    public void Compile_FewLevels_EndsInTheDataWithTheFittedStepOnly(string schedule, double fitted, double later)
    {
        var model = new DenoiserTraits(ScheduleCatalogue.Create(schedule, 1000), Prediction.X0);
        double End(params (string, string)[] options) => RowInterpreter.FinalVariance(Compile("ald", model, 201, [("clip", "off"), .. options]), new GaussianDenoiser(model.Schedule, Prediction.X0, S2).Gain);
        Near.Relative(fitted, End(), 2e-3);
        Near.Relative(later, End(("convention", "2020")), 2e-3);
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
