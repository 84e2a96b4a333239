using Diffusion.Guidance;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static TorchSharp.torch;

namespace Diffusion.Tests.Guidance;

/// <summary>Classifier guidance with classifiers that are exact, against closed forms.</summary>
public sealed class ClassifierGuidanceTests
{
    private static readonly NoiseSchedule Schedule = LinearSchedule.Raw(1000);
    private static readonly TwoModeDenoiser Law = new(Schedule, Mode: 0.6, Variance: 0.02);
    private static readonly double[] Points = [-2, -0.7, 0, 0.31, 1.4];

    /// <summary>log p(mode | x_t) up to a constant of the two modes; class 0 is +.</summary>
    private static Tensor Logits(Tensor x, int t)
    {
        var (alpha, twice) = (Schedule.Alpha(t) * Law.Mode, 2 * Law.TotalVariance(t));
        return cat([x.sub(alpha).square().div(-twice), x.add(alpha).square().div(-twice)], 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(400)]
    [InlineData(1000)]
    public void Gradient_TwoModes_TurnsTheUnconditionalNoiseIntoTheConditional(int t)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var mode in new[] { 1, -1 })
        {
            var labels = full(Points.Length, mode > 0 ? 0L : 1L, dtype: int64);
            var found = ClassifierGuidance.Gradient(x => Logits(x, t), tensor(Points, [Points.Length, 1]), labels);
            Assert.False(found.requires_grad || is_grad_enabled());
            var gradient = found.data<double>().ToArray();
            for (var i = 0; i < Points.Length; i++)
            {
                var x = Points[i];
                // of the greatest score there is, where the other mode is certain: 1 - r of a certain mode has its digits from 1
                var most = 2 * Schedule.Alpha(t) * Law.Mode / Law.TotalVariance(t);
                Near.Absolute(Law.ClassScore(x, t, mode), gradient[i], 1e-12 * most, $"score at {x}");
                Near.Absolute(Law.ConditionalNoise(x, t, mode), Law.Noise(x, t) - Schedule.Sigma(t) * gradient[i], 1e-12 * Schedule.Sigma(t) * most, $"noise at {x}");
                foreach (var prediction in GaussianDenoiser.Predictions)
                {
                    var (p, q) = prediction.ToClean(Schedule, t);
                    double Clean(double noise) => (x - Schedule.Sigma(t) * noise) / Schedule.Alpha(t);
                    var output = (Clean(Law.Noise(x, t)) - p * x) / q;
                    Near.Relative(1 + Clean(Law.ConditionalNoise(x, t, mode)), 1 + p * x + q * output + ClassifierGuidance.CleanWeight(Schedule, t) * gradient[i], 1e-10, $"{prediction} at {x}");
                }
            }
        }
    }

    [Theory]
    [InlineData("ddim", "eta", "0")]
    [InlineData("ddim", "eta", "1")]
    [InlineData("dpmpp-2m", "clip", "off")]
    public void Rows_UnconditionalNetworkWithTheExactClassifier_WalkAsTheConditionalOne(string name, string option, string value)
    {
        var table = Compile(name, 20, new() { ["clip"] = "off", [option] = value });
        double Conditional(double x, double _, int time) => Law.ConditionalNoise(x, time + 1, 1);
        double Unconditional(double x, double _, int time) => Law.Noise(x, time + 1);
        double Noise(int row) => Math.Sin(row * 7.3);
        var expected = RowInterpreter.Run(table, Conditional, -0.4, Noise);
        var found = RowInterpreter.Run(table, Unconditional, -0.4, Noise, gradient: (x, time) => Law.ClassScore(x, time + 1, 1));
        for (var i = 0; i < expected.Count; i++) Near.Absolute(expected[i].X, found[i].X, 1e-10, $"row {i}");
        Near.Absolute(Law.Mode, found[^1].X, 0.5, "the mode");
        Assert.Equal(RowInterpreter.Run(table, Unconditional, -0.4, Noise), RowInterpreter.Run(table, Unconditional, -0.4, Noise, gradient: (_, _) => 0));
    }

    [Fact]
    public void Rows_MoreScale_RaisesTheShareOfTheClass()
    {
        double[] shares = [.. new[] { 0.0, 1, 2, 4 }.Select(scale => TwoModeWalk.Share(TwoModeWalk.Pictures(
            Schedule, (law, x, t) => law.Noise(x, t), (law, x, t) => scale * law.ClassScore(x, t, 1))))];
        Near.Absolute(0.5, shares[0], 0.01, "unguided");
        Near.Absolute(TwoModeWalk.OwnSide, shares[1], 0.02, "of the class");
        for (var i = 1; i < shares.Length; i++) Assert.True(shares[i] > shares[i - 1], $"{shares[i]} after {shares[i - 1]}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2.5)]
    public void Rows_AncestralWithGaussianClasses_MoveTheMeanByTheClosedForm(double scale)
    {
        double[] means = [-1.1, 0.2, 0.9];
        const double Variance = 0.09;
        const int Label = 2;
        var table = Compile("ddpm", 50, new() { ["clip"] = "off", ["variance"] = "large" });
        for (var k = 0; k < table.Rows.Length - 1; k += 7)
        {
            var row = table.Rows[k];
            var t = row.TimeIndex + 1;
            double alpha = Schedule.Alpha(t), sigma = Schedule.Sigma(t), total = Schedule.AlphaBar(t) * Variance + Schedule.Variance(t), x = 0.4 - 0.05 * k;
            var weights = means.Select(m => Math.Exp(-(x - alpha * m) * (x - alpha * m) / (2 * total))).ToArray();
            var expectedMean = means.Zip(weights, (m, w) => m * w).Sum() / weights.Sum();
            using var scope = NewDisposeScope();
            var gradient = ClassifierGuidance.Gradient(
                at => cat([.. means.Select(m => at.sub(alpha * m).square().div(-2 * total))], 1), tensor(new[] { x }, [1, 1]), tensor(new long[] { Label })).item<double>();
            var found = RowInterpreter.Run(new SamplerTable([row]), (_, _, _) => sigma / total * (x - alpha * expectedMean), x, _ => 0, gradient: (_, _) => scale * gradient)[0].X;
            var clean = expectedMean + alpha * Variance / total * (x - alpha * expectedMean);
            var closed = row.A * x + row.B * clean + scale * row.D * row.D * alpha / total * (means[Label] - expectedMean);
            Near.Absolute(closed, found, 1e-10, $"row {k}");
            Assert.True(row.D > 0 && Math.Abs(closed - row.A * x - row.B * clean) > 1e-6, $"row {k} does not move");
        }
    }

    private static SamplerTable Compile(string name, int steps, Dictionary<string, string> options)
    {
        var sampler = SamplerCatalog.Find(name)!;
        return sampler.Compile(new DenoiserTraits(Schedule, Prediction.Epsilon), new SamplingOptions(sampler, steps, options));
    }
}
