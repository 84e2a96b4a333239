using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class ConsistencySamplerTests
{
    private const double Data = 0.25;

    public static TheoryData<string> Schedules => [.. ScheduleCatalogue.Names];

    private static DenoiserTraits Model(string schedule) => new(ScheduleCatalogue.Create(schedule, 1000), Prediction.Consistency);

    [Theory]
    [MemberData(nameof(Schedules))]
    public void ToClean_AtTheSmallestTime_IsTheImageItself(string name)
    {
        var schedule = Model(name).Schedule;
        Assert.Equal((1 / schedule.Alpha(1), 0.0), Prediction.Consistency.ToClean(schedule, 1));
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void ToClean_Later_IsThePublishedParameterisationOnSigmaOverAlpha(string name)
    {
        var schedule = Model(name).Schedule;
        var least = schedule.Sigma(1) / schedule.Alpha(1);
        foreach (var t in new[] { 2, 10, 300, 999, 1000 })
        {
            var (p, q) = Prediction.Consistency.ToClean(schedule, t);
            var s = schedule.Sigma(t) / schedule.Alpha(t);
            // of y = x / alpha, and what the network says taken with the sign of v
            Near.Relative(1 / (Math.Pow(s - least, 2) + 1), p * schedule.Alpha(t), 1e-12);
            Near.Relative((s - least) / Math.Sqrt(1 + s * s), -q, 1e-12);
        }
    }

    [Fact]
    public void ToClean_OfAScheduleThatBeginsAtAlmostNothing_IsThatOfV()
    {
        var schedule = new NoiseSchedule("fine", [1e-14, .. Enumerable.Range(1, 20).Select(t => 0.02 * t)]);
        for (var t = 2; t <= schedule.Steps; t++)
        {
            var ((p, q), (pv, qv)) = (Prediction.Consistency.ToClean(schedule, t), Prediction.V.ToClean(schedule, t));
            Near.Absolute(pv, p, 1e-6);
            Near.Absolute(qv, q, 1e-6);
        }
    }

    [Theory]
    [InlineData("cosine", 1)]
    [InlineData("cosine", 2)]
    [InlineData("linear", 3)]
    [InlineData("sigmoid", 4)]
    [InlineData("ve", 2)]
    public void Run_TheExactConsistencyFunctionOfGaussianData_EndsInTheVarianceAtTheSmallestTime(string name, int steps)
    {
        var model = Model(name);
        var schedule = model.Schedule;
        double Ratio(int t) => schedule.Sigma(t) / schedule.Alpha(t);
        var table = Compile("consistency", model, steps, ("clip", "off"));
        var variance = schedule.AlphaBar(1000) * Data + schedule.Variance(1000);
        foreach (var row in table.Rows)
        {
            // the way of the probability flow from t to 1: y_1 = y_t sqrt((s2 + s_1^2) / (s2 + s_t^2))
            var t = row.TimeIndex + 1;
            var function = Math.Sqrt((Data + Ratio(1) * Ratio(1)) / (Data + Ratio(t) * Ratio(t))) / schedule.Alpha(t);
            var output = (function - row.P) / row.Q;
            variance = Math.Pow(row.A + row.B * (row.P + row.Q * output), 2) * variance + row.D * row.D;
        }
        Near.Relative(Data + Ratio(1) * Ratio(1), variance, 1e-9, "variance of the samples");
        Near.Relative(name == "ve" ? 50 : 1, table.StartScale, 1e-12);
    }

    [Fact]
    public void Compile_TwoSteps_GoesOnFromTheMiddleWithFreshNoiseOnly()
    {
        var model = Model("cosine");
        var rows = Compile("consistency", model, 2).Rows;
        Assert.Equal([999, 499], rows.Select(r => r.TimeIndex));
        Assert.Equal((0.0, model.Schedule.Alpha(500)), (rows[0].A, rows[0].B));
        // with what the estimate still has of t = 1 it is the noise of t = 500
        Near.Relative(model.Schedule.Variance(500), rows[0].D * rows[0].D + model.Schedule.AlphaBar(500) / model.Schedule.SignalToNoise(1), 1e-12);
        Assert.All(rows, r => Assert.True(r.ClipsClean));
    }

    [Theory]
    [InlineData(Prediction.V, false)]
    [InlineData(Prediction.Boundary, false)]
    [InlineData(Prediction.Consistency, true)]
    public void Refuses_OtherModels_SaysWhatWouldDo(Prediction prediction, bool memory) =>
        Assert.Contains("consistency objective", SamplerCatalog.Find("consistency")!.Refuses(new DenoiserTraits(Linear, prediction, memory)), StringComparison.Ordinal);

    [Fact]
    public void Refuses_AConsistencyModel_DoesNot() => Assert.Null(SamplerCatalog.Find("consistency")!.Refuses(Model("cosine")));
}
