using Diffusion.Guidance;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static TorchSharp.torch;

namespace Diffusion.Tests.Guidance;

public sealed class ClassifierFreeGuidanceTests
{
    private static readonly NoiseSchedule Schedule = LinearSchedule.Raw(1000);
    private static readonly TwoModeDenoiser Law = new(Schedule, Mode: 0.6, Variance: 0.02);

    private static IEnumerable<(double X, int T)> Points() =>
        from x in new[] { -2.0, -0.7, 0.0, 0.31, 1.4 } from t in new[] { 1, 10, 100, 400, 700, 1000 } select (x, t);

    [Fact]
    public void Combine_TwoModes_AddsTheScoreOfTheClass()
    {
        foreach (var (x, t) in Points())
            foreach (var mode in new[] { 1, -1 })
                foreach (var w in new[] { 0, 0.5, 1, 3, -1, 7.5 })
                {
                    var guided = ClassifierFreeGuidance.Combine(Law.ConditionalNoise(x, t, mode), Law.Noise(x, t), ClassifierFreeGuidance.FromStrength(w));
                    var expected = Law.Noise(x, t) - (1 + w) * Schedule.Sigma(t) * Law.ClassScore(x, t, mode);
                    Near.Absolute(expected, guided, 1e-10, $"x {x} t {t} mode {mode} w {w}");
                    Near.Absolute((1 + w) * Law.ConditionalNoise(x, t, mode) - w * Law.Noise(x, t), guided, 1e-10, "the paper's form");
                }
    }

    [Theory]
    [InlineData("s", 3.5, 3.5)]
    [InlineData("w", 2.5, 3.5)]
    [InlineData("s", 1, 1)]
    [InlineData("w", 0, 1)]
    [InlineData("w", -1, 0)]
    public void Conventions_SayTheSameScale(string name, double value, double scale)
    {
        using var scope = NewDisposeScope();
        var convention = GuidanceConventions.Find(name)!.Value;
        Assert.Equal(scale, convention.ToScale(value));
        Assert.Equal(value, convention.FromScale(scale));
        double[] x = [.. Points().Select(p => p.X)], c = [.. Points().Select(p => Law.ConditionalNoise(p.X, 100, 1))], u = [.. Points().Select(p => Law.Noise(p.X, 100))];
        var guided = ClassifierFreeGuidance.Combine(tensor(c), tensor(u), tensor(convention.ToScale(value))).data<double>().ToArray();
        for (var i = 0; i < x.Length; i++)
        {
            Near.Absolute(name == "w" ? (1 + value) * c[i] - value * u[i] : u[i] + value * (c[i] - u[i]), guided[i], 1e-10, $"as it is written, {i}");
            Near.Absolute(u[i] - scale * Schedule.Sigma(100) * Law.ClassScore(x[i], 100, 1), guided[i], 1e-10, $"score of the class, {i}");
        }
        Assert.Null(GuidanceConventions.Find("W"));
    }

    [Fact]
    public void Combine_AnyPrediction_GuidesTheImageAlike()
    {
        foreach (var (x, t) in Points())
            foreach (var scale in new[] { 0.3, 2, 5 })
            {
                var noises = GaussianDenoiser.Predictions.Select(prediction =>
                {
                    var (p, q) = prediction.ToClean(Schedule, t);
                    double Output(double noise) => ((x - Schedule.Sigma(t) * noise) / Schedule.Alpha(t) - p * x) / q;
                    var clean = p * x + q * ClassifierFreeGuidance.Combine(Output(Law.ConditionalNoise(x, t, 1)), Output(Law.Noise(x, t)), scale);
                    return (x - Schedule.Alpha(t) * clean) / Schedule.Sigma(t);
                }).ToArray();
                // of the terms that the noise is the sum of, x / sigma among them, which is 200 where t is 1
                var size = Math.Max(Math.Abs(noises[0]), (Math.Abs(x) + Law.Mode) / Schedule.Sigma(t));
                Assert.All(noises, noise => Near.Absolute(noises[0], noise, 1e-12 * size, $"x {x} t {t} scale {scale}"));
                Near.Absolute(scale * Law.ConditionalNoise(x, t, 1) + (1 - scale) * Law.Noise(x, t), noises[0], 1e-12 * size, "as it is written");
            }
    }

    /// <summary>Two modes that overlap, of which only seven in ten pictures are on their own side: guidance brings them there, and nearer to each other.</summary>
    [Fact]
    public void Combine_MoreStrength_RaisesTheShareOfTheClassAndNarrowsItsPictures()
    {
        var samples = new[] { 0.0, 0.5, 1, 2, 3 }.Select(w => TwoModeWalk.Pictures(Schedule, (law, x, t) =>
            ClassifierFreeGuidance.Combine(law.ConditionalNoise(x, t, 1), law.Noise(x, t), ClassifierFreeGuidance.FromStrength(w)))).ToArray();
        Near.Absolute(TwoModeWalk.OwnSide, TwoModeWalk.Share(samples[0]), 0.02, "unguided");
        for (var i = 1; i < samples.Length; i++)
        {
            Assert.True(TwoModeWalk.Share(samples[i]) > TwoModeWalk.Share(samples[i - 1]), $"the share of {i}");
            Assert.True(TwoModeWalk.Spread(samples[i]) < TwoModeWalk.Spread(samples[i - 1]), $"the spread of {i}");
        }
    }

    [Theory]
    [InlineData(1, GuidanceRows.Conditional)]
    [InlineData(0, GuidanceRows.Unconditional)]
    [InlineData(1.5, GuidanceRows.Both)]
    [InlineData(0.999, GuidanceRows.Both)]
    [InlineData(-1, GuidanceRows.Both)]
    public void RowsFor_Scale_AsksForNoMoreThanItNeeds(double scale, GuidanceRows rows) => Assert.Equal(rows, ClassifierFreeGuidance.RowsFor(scale));

    [Fact]
    public void Combine_AtTheEnds_IsExact()
    {
        var random = new Random(3);
        for (var i = 0; i < 1000; i++)
        {
            var (c, u) = (random.NextSingle() * 1000, random.NextSingle() * 1e-3f);
            Assert.Equal(c, ClassifierFreeGuidance.Combine(c, u, 1f));
            Assert.Equal(u, ClassifierFreeGuidance.Combine(c, u, 0f));
        }
    }

    [Fact]
    public void Combine_Spans_WorksInPlaceAndChecksLengths()
    {
        float[] c = [1, 2, 3], u = [0, 4, 3];
        ClassifierFreeGuidance.Combine(c, u, 2f, u);
        Assert.Equal([2, 0, 3], u);
        Assert.Throws<ArgumentException>(() => ClassifierFreeGuidance.Combine<float>(c, u.AsSpan(1), 2f, new float[3]));
    }

    [Fact]
    public void Combine_Tensors_IsTheSameAsSpansWithAScalePerRow()
    {
        set_num_threads(1);
        using var scope = NewDisposeScope();
        float[] c = [.. Enumerable.Range(0, 24).Select(i => MathF.Sin(i))], u = [.. Enumerable.Range(0, 24).Select(i => MathF.Cos(i * 0.7f))];
        float[] scales = [0, 1, 2.5f, 0.3f];
        var guided = ClassifierFreeGuidance.Combine(tensor(c).reshape(4, 1, 2, 3), tensor(u).reshape(4, 1, 2, 3), tensor(scales).reshape(4, 1, 1, 1));

        Assert.Equal([4L, 1, 2, 3], guided.shape);
        var found = guided.data<float>().ToArray();
        for (var row = 0; row < 4; row++)
        {
            var expected = new float[6];
            ClassifierFreeGuidance.Combine(c.AsSpan(row * 6, 6), u.AsSpan(row * 6, 6), scales[row], expected);
            for (var i = 0; i < 6; i++) Assert.InRange(found[row * 6 + i], expected[i] - 1e-6f, expected[i] + 1e-6f);
        }
        Assert.Equal(u[..6], found[..6]);
        Assert.Equal(c[6..12], found[6..12]);
    }
}
