using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class FlowLikelihoodTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public FlowLikelihoodTests() => set_num_threads(1);

    public void Dispose() => folder.Dispose();

    /// <summary>
    /// The perfect network of N(0, s2) moves y = x / alpha by sqrt((s2 + s_T^2) / (s2 + s_1^2)), and what comes out is taken for noise of the start's
    /// scale. 16 numbers have the exact divergence, 100 the estimate, which is exact for a network that multiplies by one number.
    /// </summary>
    [Theory]
    [InlineData("linear", Prediction.Epsilon, 0.25, 4)]
    [InlineData("linear", Prediction.V, 1, 10)]
    [InlineData("cosine", Prediction.V, 0.25, 10)]
    [InlineData("ve", Prediction.Epsilon, 0.25, 4)]
    [InlineData("ve", Prediction.X0, 1, 10)]
    public void Logs_OfGaussianData_IsTheDensityInClosedForm(string name, Prediction prediction, double s2, int side)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        var config = TinyJob.Read(TinyJob.Ddpm).Network with { ImageSize = side, Classes = null };
        var likelihood = new FlowLikelihood(Perfect(schedule, prediction, s2), config, new DenoiserTraits(schedule, prediction), CPU);
        var random = new Random(8);
        double[][] images = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, side * side).Select(_ => random.NextDouble() * 2 - 1).ToArray())];
        var (logs, evaluations) = likelihood.Logs(images, [0, 1, 2], null, 5, CancellationToken.None);

        double Ratio(int t) => schedule.Sigma(t) / schedule.Alpha(t);
        var (first, last, end, scale) = (s2 + Ratio(1) * Ratio(1), s2 + Ratio(1000) * Ratio(1000), schedule.Alpha(1000), schedule.StartScale(1000));
        for (var i = 0; i < 3; i++)
        {
            var expected = images[i].Sum(y =>
            {
                var x = end * y * Math.Sqrt(last / first);
                return -0.5 * (x * x / (scale * scale) + Math.Log(2 * Math.PI)) - Math.Log(scale) + 0.5 * Math.Log(last / first) + Math.Log(end);
            });
            Near.Absolute(expected / (side * side), logs[i] / (side * side), 2e-4, $"{i}");
            if (s2 == 1 && !schedule.IsVarianceExploding)
                Near.Absolute(images[i].Average(y => -0.5 * (y * y / first + Math.Log(2 * Math.PI * first))), logs[i] / (side * side), 2e-4, $"{i}");
        }
        Assert.All(evaluations, n => Assert.InRange(n, 13, 1500));
    }

    /// <summary>The trace of a real network's Jacobian: exact, by differences, and by signs on average.</summary>
    [Fact]
    public void Derivatives_OfARealNetwork_HaveTheTraceOfItsJacobian()
    {
        var config = TinyJob.Read(TinyJob.Ddpm).Network with { Classes = null };
        using var network = new UNet(config, 1);
        random.manual_seed(4);
        using (no_grad())
            foreach (var weight in network.parameters()) weight.normal_(0, 0.1);
        network.eval();
        var model = new DenoiserTraits(ScheduleCatalogue.Create("cosine", 20), Prediction.Epsilon);
        var flow = new ProbabilityFlow((x, time, _) => network.forward(x, time), config, model, CPU);
        var draw = new Random(2);
        double[] state = [.. Enumerable.Range(0, 64).Select(_ => draw.NextDouble() - 0.5), 0];
        var found = flow.Derivatives([0.3], [state], null, null)[0];
        const double Step = 1e-2;
        // the direction of the flow does not depend on the signs, and one vector of them is much less work than the trace
        float[][] ones = [[.. Enumerable.Repeat(1f, 64)]];
        double Moved(int i, double by) => flow.Derivatives([0.3], [[.. state.Select((v, k) => k == i ? v + by : v)]], null, ones)[0][i];
        Near.Absolute(Enumerable.Range(0, 64).Sum(i => (Moved(i, Step) - Moved(i, -Step)) / (2 * Step)), found[64], 0.02 * Math.Abs(found[64]), "differences");

        const int Lots = 200;
        float[][] signs = [.. Enumerable.Range(0, Lots).Select(_ => Enumerable.Range(0, 64).Select(_ => draw.Next(2) == 0 ? -1f : 1f).ToArray())];
        var estimates = flow.Derivatives([.. Enumerable.Repeat(0.3, Lots)], [.. Enumerable.Repeat(state, Lots)], null, signs).Select(d => d[64]).ToArray();
        var spread = Math.Sqrt(estimates.Average(e => (e - found[64]) * (e - found[64])) / Lots);
        Assert.True(spread > 0);
        Near.Absolute(found[64], estimates.Average(), 4 * spread, "signs");
    }

    /// <summary>The estimate of the trace needs signs of mean 0; and each image has its own, or the errors of all would be one error.</summary>
    [Fact]
    public void Signs_OfEveryImage_AreItsOwnAndEven()
    {
        var config = TinyJob.Read(TinyJob.Ddpm).Network with { ImageSize = 10, Classes = null };
        var flow = new ProbabilityFlow((x, _, _) => x, config, new DenoiserTraits(ScheduleCatalogue.Create("cosine", 20), Prediction.V), CPU);
        float[][] signs = [.. Enumerable.Range(0, 100).Select(i => flow.Signs(5, i)!)];
        Assert.All(signs.SelectMany(s => s), s => Assert.Equal(1, Math.Abs(s)));
        Assert.Equal(100, signs.Select(s => string.Concat(s.Select(v => v > 0 ? '+' : '-'))).Distinct().Count());
        Near.Absolute(0, signs.Average(s => s.Average()), 0.04);
        Assert.Equal(signs[3], flow.Signs(5, 3));
        Assert.NotEqual(signs[3], flow.Signs(6, 3));
    }

    /// <summary>Images that have arrived leave the batch; those that stay keep their labels.</summary>
    [Fact]
    public void Logs_OfSeveralLabels_AreThoseOfEachAlone()
    {
        var config = TinyJob.Read(TinyJob.Ddpm).Network with { ImageSize = 4, Classes = 3 };
        var model = new DenoiserTraits(ScheduleCatalogue.Create("linear", 1000), Prediction.Epsilon);
        var likelihood = new FlowLikelihood((x, _, labels) => x.mul(labels!.to(ScalarType.Float32).mul(0.4f).view(-1, 1, 1, 1)), config, model, CPU);
        var random = new Random(8);
        double[][] images = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 16).Select(_ => random.NextDouble() * 2 - 1).ToArray())];
        // the first images leave first
        long[] labels = [2, 1, 0];
        var (logs, evaluations) = likelihood.Logs(images, [0, 1, 2], labels, 5, CancellationToken.None);
        Assert.Equal(3, evaluations.Distinct().Count());
        for (var i = 0; i < 3; i++)
        {
            var alone = likelihood.Logs([images[i]], [i], [labels[i]], 5, CancellationToken.None);
            Assert.Equal(alone.Evaluations[0], evaluations[i]);
            Near.Relative(alone.Logs[0], logs[i], 1e-9, $"{i}");
        }
    }

    /// <summary>A fresh network answers 0; for v that is the perfect one of N(0, 1).</summary>
    [Fact]
    public void Measure_OfAnImageSet_IsInBitsOfItsLevels()
    {
        TinySet.Write(folder["data"], test: 7);
        using var images = TinySet.Open(folder["data"], "test");
        var config = TinyJob.Read(TinyJob.Ddpm).Network;
        using var network = new UNet(config, 1);
        network.eval();
        var schedule = ScheduleCatalogue.Create("cosine", 20);
        var likelihood = new FlowLikelihood((x, time, labels) => network.forward(x, time, labels), config, new DenoiserTraits(schedule, Prediction.V), CPU);
        var found = likelihood.Measure(images, 3, 9, CancellationToken.None);
        Assert.Equal(["nll.ode", "nll.ode.error", "nll.ode.evaluations"], found.Keys);
        var variance = 1 / schedule.AlphaBar(1);
        var each = new[] { 0, 2, 4 }.Select(image =>
        {
            var (clean, uniform) = (new float[images.Pixels], new double[images.Pixels]);
            images.Read(image, clean);
            SeededNoise.Uniform(9, (uint)image, 0, NoisePurpose.Dequantisation, uniform);
            return clean.Zip(uniform, (v, u) => (Math.Round((v + 1) * 127.5) + u) / 256 * 2 - 1).Average(y => 7 + 0.5 * (y * y / variance + Math.Log(2 * Math.PI * variance)) / Math.Log(2));
        }).ToArray();
        Near.Relative(each.Average(), found["nll.ode"], 1e-6);
        Near.Relative(Math.Sqrt(each.Sum(e => (e - each.Average()) * (e - each.Average())) / 2 / 3), found["nll.ode.error"], 1e-4);
        Assert.Equal(found, likelihood.Measure(images, 3, 9, CancellationToken.None));
    }

    /// <summary>7 bits where the images are in [-1, 1], 8 where they are in [0, 1]; a bit for each half.</summary>
    [Theory]
    [InlineData(-1, 1, 7)]
    [InlineData(0, 1, 8)]
    [InlineData(-2, 2, 6)]
    [InlineData(0, 255.0 / 256, 8.00564656)]
    public void BitsOfLevel_IsEightLessTheWidths(double low, double high, double bits)
    {
        if (bits == Math.Round(bits)) Assert.Equal(bits, new ValueRange(low, high).BitsOfLevel);
        Near.Absolute(bits, new ValueRange(low, high).BitsOfLevel, 5e-8);
    }

    /// <summary>The same levels under the same normal law, stated on either range, N(m, s^2) on [0, 1] and N(2m - 1, 4s^2) on [-1, 1].</summary>
    [Fact]
    public void BitsPerDim_OfTheSameNormalData_IsTheSameOnEitherRange()
    {
        var draw = new Random(3);
        (double Level, double U)[] image = [.. Enumerable.Range(0, 50).Select(_ => (Math.Floor(draw.NextDouble() * 256), draw.NextDouble()))];
        const double Mean = 0.4, Deviation = 0.2;
        double Log(ValueRange range, double mean, double deviation) =>
            image.Sum(n => -0.5 * Math.Pow((range.Place(n.Level, n.U) - mean) / deviation, 2) - Math.Log(deviation * Math.Sqrt(2 * Math.PI)));
        ValueRange unit = new(0, 1), both = ValueRange.OfImages;
        // 256 levels on 0..1: the mass of one is 1/256 of the density
        var expected = image.Average(n => -Math.Log2(Math.Exp(-0.5 * Math.Pow(((n.Level + n.U) / 256 - Mean) / Deviation, 2)) / (Deviation * Math.Sqrt(2 * Math.PI)) / 256));
        Near.Relative(expected, unit.BitsPerDim(Log(unit, Mean, Deviation), 50), 1e-12, "unit");
        Near.Relative(expected, both.BitsPerDim(Log(both, 2 * Mean - 1, 2 * Deviation), 50), 1e-12, "both");
    }

    /// <summary>
    /// The flow of a perfect network of N(0, 0.25) on [-1, 1] and that of the same law on [0, 1], N(0.5, 0.0625): the same bits of the same images. Both are
    /// with the noise of t = 1, for which the narrower law makes room, and x_T keeps 0.003 of the mean.
    /// </summary>
    [Fact]
    public void Measure_OfTheSameNormalData_IsTheSameOnEitherRange()
    {
        TinySet.Write(folder["data"], test: 3);
        using var images = TinySet.Open(folder["data"], "test");
        var config = TinyJob.Read(TinyJob.Ddpm).Network with { Classes = null };
        var schedule = ScheduleCatalogue.Create("linear", 1000);
        double Bits(ValueRange range, double mean, double s2) =>
            new FlowLikelihood(Perfect(schedule, Prediction.Epsilon, s2, mean), config, new DenoiserTraits(schedule, Prediction.Epsilon), CPU) { Range = range }.Measure(images, 3, 9, CancellationToken.None)["nll.ode"];
        var noise = 1 / schedule.SignalToNoise(1);
        Near.Absolute(Bits(ValueRange.OfImages, 0, 0.25), Bits(new ValueRange(0, 1), 0.5, (0.25 + noise) / 4 - noise), 2e-3);
    }

    private static FlowNetwork Perfect(NoiseSchedule schedule, Prediction prediction, double s2, double mean = 0) => (x, time, _) =>
    {
        using var data = time.data<float>();
        var lines = data.Select(index =>
        {
            var below = Math.Min((int)index, schedule.Steps - 2);
            double Log(int t) => Math.Log(schedule.Sigma(t) / schedule.Alpha(t));
            var ratio = Math.Exp(Log(below + 1) + (index - below) * (Log(below + 2) - Log(below + 1)));
            var alpha = schedule.IsVarianceExploding ? 1 : 1 / Math.Sqrt(1 + ratio * ratio);
            var total = alpha * alpha * s2 + alpha * alpha * ratio * ratio;
            double noise = alpha * ratio / total, clean = alpha * s2 / total;
            var gain = prediction switch { Prediction.Epsilon => noise, Prediction.X0 => clean, _ => alpha * noise - alpha * ratio * clean };
            // of a mean that is not 0 the answer is only written down for the noise
            return (Gain: (float)gain, Mean: (float)(alpha * mean));
        }).ToArray();
        return x.sub(tensor(Array.ConvertAll(lines, l => l.Mean), [lines.Length, 1, 1, 1])).mul(tensor(Array.ConvertAll(lines, l => l.Gain), [lines.Length, 1, 1, 1]));
    };
}
