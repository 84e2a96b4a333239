using Diffusion.Guidance;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Tests.Guidance;

public sealed class GuidanceProjectionTests
{
    private const int Pixels = 35, Time = 400;
    private const double Scale = 4;
    private static readonly NoiseSchedule Schedule = LinearSchedule.Raw(1000);
    private static readonly TwoModeDenoiser Law = new(Schedule, Mode: 0.6, Variance: 0.02);
    private static readonly double[] Etas = [0, 0.3, 1];

    /// <summary>x_t of three pictures.</summary>
    private static readonly double[] X = [.. Enumerable.Range(0, 3 * Pixels).Select(i => 1.7 * Math.Sin(i * 1.3) + 0.01 * (i / Pixels))];

    private static double[] Clean(Func<double, double> noise) => Array.ConvertAll(X, x => (x - Schedule.Sigma(Time) * noise(x)) / Schedule.Alpha(Time));

    /// <summary>The split of the paper, in x0 of two modes, at which the outputs of every prediction arrive alike.</summary>
    [Theory]
    [InlineData(Prediction.Epsilon)]
    [InlineData(Prediction.X0)]
    [InlineData(Prediction.V)]
    [InlineData(Prediction.Residual)]
    [InlineData(Prediction.Edm)]
    public void Apply_TwoModes_IsThePapersSplitOfTheImage(Prediction prediction)
    {
        set_num_threads(1);
        using var scope = NewDisposeScope();
        var (given, without) = (Clean(x => Law.ConditionalNoise(x, Time, 1)), Clean(x => Law.Noise(x, Time)));
        var (p, q) = prediction.ToClean(Schedule, Time);
        double[] c = [.. given.Select((d, i) => (d - p * X[i]) / q)], u = [.. without.Select((d, i) => (d - p * X[i]) / q)];
        double[] guided = [.. c.Zip(u, (a, b) => ClassifierFreeGuidance.Combine(a, b, Scale))];
        var output = GuidanceProjection.Apply(Images(guided), Images(c), Images(u), Images(given), tensor(Etas.Select(e => (Scale - 1) * (1 - e)).ToArray(), [3, 1, 1, 1])).data<double>().ToArray();
        for (var row = 0; row < 3; row++)
        {
            var rows = Enumerable.Range(row * Pixels, Pixels).ToArray();
            double[] d = [.. rows.Select(i => given[i] - without[i])], image = [.. rows.Select(i => given[i])];
            var share = Dot(d, image) / Dot(image, image);
            Assert.True(share > 0.05, $"guidance adds nothing along the estimate here: {share}");
            for (var i = 0; i < Pixels; i++)
            {
                var expected = image[i] + (Scale - 1) * (d[i] - share * image[i] + Etas[row] * share * image[i]);
                Near.Absolute(expected, p * X[rows[i]] + q * output[rows[i]], 1e-12, $"row {row} pixel {i}");
            }
            // what is added stands upright on the estimate where nothing of the parallel part is kept
            if (Etas[row] == 0) Near.Absolute(0, Dot(image, [.. rows.Select((i, k) => p * X[i] + q * output[i] - image[k])]), 1e-11, "added along the estimate");
        }
        Assert.Equal(guided[(2 * Pixels)..], output[(2 * Pixels)..]);
    }

    [Fact]
    public void Apply_EstimateOfNothing_LeavesTheGuidedOutput()
    {
        using var scope = NewDisposeScope();
        var (c, zero) = (Images(X), zeros(3, 1, 5, 7, ScalarType.Float64));
        Assert.Equal(X, GuidanceProjection.Apply(c, c, zero, zero, ones(3, 1, 1, 1, ScalarType.Float64)).data<double>().ToArray());
    }

    private static Tensor Images(double[] values) => tensor(values, [values.Length / Pixels, 1, 5, 7]);

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
