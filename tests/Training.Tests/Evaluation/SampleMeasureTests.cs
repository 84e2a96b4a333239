using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Files;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

/// <summary>The figures that stand beside those of samples, in features that can be said by hand: the mean of each quarter of a picture in 0..1, three times.</summary>
public sealed class SampleMeasureTests : IDisposable
{
    private const int Channels = 3, Quarters = 4, PixelsOfAQuarter = TinySet.Pixels / Quarters;
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder folder = new();
    private readonly ImageSet train, test;
    private readonly ScriptFeatures features;

    public SampleMeasureTests()
    {
        TinySet.Write(folder["data"], train: 40, test: 40);
        (train, test) = (TinySet.Open(folder["data"]), TinySet.Open(folder["data"], "test"));
        var script = Repository.Path("tests", "fixtures", "torch", "switched.pt");
        features = ScriptFeatures.Load(script, CPU, DurableFile.Digest(script).Sha256);
    }

    public void Dispose()
    {
        features.Dispose();
        train.Dispose();
        test.Dispose();
        folder.Dispose();
    }

    /// <summary>
    /// N(0, 1) clipped to [-1, 1] has the mean 0 and the variance 1 - 2 phi(1); in 0..1 a quarter's mean is 1/2 with a sixty-fourth of it, independent of the others.
    /// </summary>
    [Fact]
    public void Ceiling_IsTheDistanceOfNoise()
    {
        const int count = 2000, width = Channels * Quarters;
        var figures = Measure(new float[count * TinySet.Pixels], MetricNames.Frechet);
        var spread = (1 - 2 * Math.Exp(-0.5) / Math.Sqrt(2 * Math.PI)) / 4 / PixelsOfAQuarter;
        var covariance = new double[width, width];
        for (var i = 0; i < width; i++)
            for (var j = i % Quarters; j < width; j += Quarters) covariance[i, j] = spread;
        var noise = new GaussianFit([.. Enumerable.Repeat(0.5, width)], covariance);
        var real = Quartered(test);
        var expected = noise.FrechetDistance(new GaussianFit(real.Values, width));
        Assert.True(expected > 0.5, $"{expected}");
        Near.Relative(expected, figures["fid.ceiling"], 0.01);
        // pictures of one grey are another thing than noise
        Assert.True(Math.Abs(figures["fid"] / expected - 1) > 0.02, $"{figures["fid"]}");
    }

    [Fact]
    public void Diversity_StandsBesideThatOfRealImages()
    {
        // black and white pictures by label: two of one label are alike, two of different ones 12 features apart by 1
        var pictures = Enumerable.Range(0, 6 * TinySet.Pixels).Select(i => i / TinySet.Pixels % 2 == 0 ? -1f : 1f).ToArray();
        var figures = Measure(pictures, MetricNames.Diversity, [0, 1, 0, 1, 0, 1]);
        Assert.Equal(["diversity.inception", "diversity.inception.real", "diversity.inception.within"], figures.Keys);
        Near.Relative(9 / 15.0 * Math.Sqrt(12), figures["diversity.inception"], 1e-6);
        Near.Absolute(0, figures["diversity.inception.within"], 1e-9);
        // six real images, their labels in turn
        var real = Quartered(test);
        var pairs = Enumerable.Range(0, 6).SelectMany(i => Enumerable.Range(0, i).Select(j => Math.Sqrt(real[i].ToArray().Zip(real[j].ToArray(), (a, b) => (a - b) * (a - b)).Sum())));
        Near.Relative(pairs.Average(), figures["diversity.inception.real"], 1e-5);
    }

    private SortedDictionary<string, double> Measure(float[] pictures, string metric, long[]? labels = null) =>
        new SampleMeasure(new MeasuringNetworks(features, null, null, 0), train, test, "test", new ReferenceCache(folder["references"]))
            .Measure(ImageSource.Of(pictures, 1, TinySet.Side), labels, [metric], 2, None);

    private static Vectors Quartered(ImageSet set)
    {
        var (values, image) = (new List<double>(), new float[TinySet.Pixels]);
        const int half = TinySet.Side / 2;
        for (var i = 0; i < set.Count; i++)
        {
            set.Read(i, image);
            double[] quarters = [.. Enumerable.Range(0, Quarters).Select(q => Enumerable.Range(0, TinySet.Pixels)
                .Where(p => p / TinySet.Side / half == q / 2 && p % TinySet.Side / half == q % 2).Average(p => (image[p] + 1) / 2.0))];
            for (var c = 0; c < Channels; c++) values.AddRange(quarters);
        }
        return new Vectors([.. values], Channels * Quarters);
    }
}
