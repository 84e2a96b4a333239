using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class PredictorCorrectorSamplerTests
{
    private const double S2 = 0.25;

    private static readonly NoiseSchedule Exploding = VarianceExplodingSchedule.Create(1000);

    public static TheoryData<string, string, int> Walks => new()
    {
        { "linear", "reverse-diffusion", 1000 }, { "linear", "ancestral", 1000 }, { "linear", "ancestral", 50 },
        { "ve", "reverse-diffusion", 1000 }, { "ve", "ancestral", 1000 }, { "ve", "reverse-diffusion", 40 },
    };

    /// <summary>Each step as the paper writes it, with the score of the Gaussian, -x / V: a mean that shrinks and a variance that noise is added to.</summary>
    [Theory]
    [MemberData(nameof(Walks))]
    public void Compile_PredictorAloneOnGaussianData_HasTheMeanAndVarianceOfThePaper(string name, string predictor, int steps)
    {
        var schedule = name == "ve" ? Exploding : Linear;
        foreach (var prediction in new[] { Prediction.Epsilon, Prediction.X0 })
        {
            var table = Compile("pc", new DenoiserTraits(schedule, prediction), steps, ("predictor", predictor), ("corrector", "0"), ("clip", "off"));
            var network = new GaussianDenoiser(schedule, prediction, S2);
            var (mean, variance) = (3.0, table.StartScale * table.StartScale);
            var first = mean * table.StartScale;
            mean = first;
            for (var i = 0; i < steps - 1; i++)
            {
                var (t, s) = (table.Rows[i].TimeIndex + 1, table.Rows[i + 1].TimeIndex + 1);
                var v = schedule.AlphaBar(t) * S2 + schedule.Variance(t);
                double b = schedule.IsVarianceExploding ? schedule.Variance(t) - schedule.Variance(s) : 1 - schedule.AlphaBar(t) / schedule.AlphaBar(s);
                var (keep, added) = (schedule.IsVarianceExploding, predictor == "ancestral") switch
                {
                    (false, false) => (2 - Math.Sqrt(1 - b) - b / v, b),
                    (false, true) => ((1 - b / v) / Math.Sqrt(1 - b), b),
                    (true, false) => (1 - b / v, b),
                    (true, true) => (1 - b / v, schedule.Variance(s) * b / schedule.Variance(t)),
                };
                (mean, variance) = (keep * mean, keep * keep * variance + added);
            }
            var last = schedule.Alpha(1) * S2 / (schedule.AlphaBar(1) * S2 + schedule.Variance(1));
            if (table.Rows[^1].TimeIndex > 0)
            {
                var t = table.Rows[^1].TimeIndex + 1;
                last = schedule.Alpha(t) * S2 / (schedule.AlphaBar(t) * S2 + schedule.Variance(t));
            }
            Near.Relative(last * mean, RowInterpreter.Run(table, network.Output, 3, _ => 0)[^1].X, 1e-7, $"{prediction}");
            Near.Relative(last * last * variance, RowInterpreter.FinalVariance(table, network.Gain), 1e-7, $"{prediction}");
        }
    }

    /// <summary>The chain of N(0, 1) leaves every marginal as it is: (1 - b) + b.</summary>
    [Fact]
    public void Compile_AncestralOnUnitGaussian_KeepsItsVarianceAtEveryStep()
    {
        var table = Compile("pc", new DenoiserTraits(Linear, Prediction.V), 1000, ("predictor", "ancestral"), ("corrector", "0"), ("clip", "off"));
        var gain = new GaussianDenoiser(Linear, Prediction.V, 1);
        foreach (var rows in new[] { 1, 10, 500, 999 })
            Near.Relative(1, RowInterpreter.FinalVariance(table with { Rows = table.Rows[..rows] }, gain.Gain), 1e-10, $"{rows}");
    }

    [Theory]
    [InlineData("reverse-diffusion")]
    [InlineData("ancestral")]
    public void Compile_PredictorAloneAllSteps_DrawsTheData(string predictor)
    {
        foreach (var schedule in new[] { Linear, Exploding })
        {
            var table = Compile("pc", new DenoiserTraits(schedule, Prediction.Epsilon), 1000, ("predictor", predictor), ("corrector", "0"), ("clip", "off"));
            Near.Relative(S2, RowInterpreter.FinalVariance(table, new GaussianDenoiser(schedule, Prediction.Epsilon, S2).Gain), 0.02, schedule.Name);
        }
    }

    /// <summary>
    /// With k = 2 alpha r^2 |z|^2 / |score|^2 and |score|^2 = u / V per pixel at variance u V, the recursion u = u (1 - 2 r'/u)^2 + 4 r'/u,
    /// r' = alpha r^2, stands still at u = 1 + r'.
    /// </summary>
    [Theory]
    [InlineData(0.16)]
    [InlineData(0.4)]
    public void Correct_AgainAndAgain_StandsStillAtOnePlusTheSquaredRatio(double ratio)
    {
        foreach (var (schedule, t) in new[] { (Linear, 300), (Exploding, 600) })
        {
            var model = new DenoiserTraits(schedule, Prediction.Epsilon);
            var row = PredictorCorrectorSampler.Correct(model, t - 1, t, ratio, clips: false);
            var v = schedule.AlphaBar(t) * S2 + schedule.Variance(t);
            var table = new SamplerTable([.. Enumerable.Repeat(row, 400)], 3 * Math.Sqrt(v));
            var kept = schedule.AlphaBar(t) / schedule.AlphaBar(t - 1);
            var expected = v * (1 + kept * ratio * ratio);
            var network = new GaussianDenoiser(schedule, Prediction.Epsilon, S2);
            Near.Relative(expected, RowInterpreter.FinalVariance(table, network.Gain), 1e-6, schedule.Name);

            var random = new Random(3);
            double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var start = Enumerable.Range(0, 4000).Select(_ => Normal()).ToArray();
            var drawn = RowInterpreter.Run(table with { Rows = table.Rows[..150] }, network.Output, start, (_, _) => Normal())[^1].X;
            // a variance of 4000 pixels has a standard error of 2.2 %
            Near.Relative(expected, drawn.Average(x => x * x), 0.07, schedule.Name);
        }
    }

    [Fact]
    public void Compile_Corrector_StandsBeforeThePredictorOfItsTime()
    {
        var model = new DenoiserTraits(Linear, Prediction.Epsilon);
        var rows = Compile("pc", model, 12, ("corrector", "2")).Rows;
        Assert.Equal([999, 999, 999, 749, 749, 749, 499, 499, 499, 249, 249, 249], rows.Select(r => r.TimeIndex));
        Assert.Equal([true, true, false], rows.Take(3).Select(r => r.F > 0));
        Assert.All(rows.Where(r => r.F > 0), r => Assert.InRange(r.F, 0, 0.16 * Math.Sqrt(2)));
        // the first time has what is left over
        Assert.Equal([false, true, true, false, true, true, false], Compile("pc", model, 7, ("corrector", "2")).Rows.Select(r => r.F > 0));
    }

    [Fact]
    public void Refuses_ModelThatAnswersWithItsInput_SaysWhy()
    {
        foreach (var name in new[] { "pc", "ald" })
        {
            Assert.Contains("score", SamplerCatalog.Find(name)!.Refuses(new DenoiserTraits(Exploding, Prediction.Boundary)));
            Assert.Null(SamplerCatalog.Find(name)!.Refuses(new DenoiserTraits(Exploding, Prediction.Epsilon)));
        }
    }
}
