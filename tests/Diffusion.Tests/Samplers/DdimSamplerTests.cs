using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class DdimSamplerTests
{
    private static readonly DenoiserTraits Model = new(Linear, Prediction.Epsilon);

    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("sigmoid")]
    public void Compile_EtaOneAllSteps_IsDdpmWithThePosteriorVariance(string schedule)
    {
        var model = new DenoiserTraits(ScheduleCatalogue.Create(schedule, 1000), Prediction.Epsilon);
        var ddim = Compile("ddim", model, 1000, ("eta", "1"));
        var ddpm = Compile("ddpm", model, 1000, ("variance", "small"));
        for (var i = 0; i < 1000; i++)
        {
            var (one, other) = (ddim.Rows[i], ddpm.Rows[i]);
            Assert.Equal((other.TimeIndex, other.P, other.Q, other.ClipsClean, other.C), (one.TimeIndex, one.P, one.Q, one.ClipsClean, one.C));
            Near.Absolute(other.A, one.A, 1e-12, $"A {i}");
            Near.Absolute(other.B, one.B, 1e-12, $"B {i}");
            Near.Absolute(other.D, one.D, 1e-12, $"D {i}");
        }
    }

    [Fact]
    public void Run_EtaOneSameNoise_GivesTheDdpmSample()
    {
        var network = new GaussianDenoiser(Linear, Prediction.Epsilon, 0.25);
        var random = new Random(5);
        var noise = Enumerable.Range(0, 1000).Select(_ => random.NextDouble() - 0.5).ToArray();
        var ddim = RowInterpreter.Run(Compile("ddim", Model, 1000, ("eta", "1")), network.Output, 0.7, i => noise[i]);
        var ddpm = RowInterpreter.Run(Compile("ddpm", Model, 1000), network.Output, 0.7, i => noise[i]);
        for (var i = 0; i < 1000; i++) Near.Absolute(ddpm[i].X, ddim[i].X, 1e-12, $"row {i}");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(37)]
    public void Compile_EtaOneFewSteps_HasTheRespacedPosteriorVariance(int steps)
    {
        var ddim = Compile("ddim", Model, steps, ("eta", "1"));
        for (var i = 0; i < steps - 1; i++)
        {
            var posterior = Linear.PosteriorBetween(ddim.Rows[i + 1].TimeIndex + 1, ddim.Rows[i].TimeIndex + 1);
            Near.Relative(posterior.Variance, ddim.Rows[i].D * ddim.Rows[i].D, 1e-12);
            Near.Relative(posterior.NoisyWeight, ddim.Rows[i].A, 1e-11);
        }
    }

    [Fact]
    public void Compile_EtaHalf_ScalesTheDeviationNotTheVariance()
    {
        var half = Compile("ddim", Model, 50, ("eta", "0.5"));
        var full = Compile("ddim", Model, 50, ("eta", "1"));
        for (var i = 0; i < 49; i++) Near.Relative(full.Rows[i].D / 2, half.Rows[i].D, 1e-12);
    }

    [Fact]
    public void Compile_AnyEta_KeepsTheMarginalOfEveryStep()
    {
        foreach (var eta in new[] { "0", "0.3", "1" })
        {
            var rows = Compile("ddim", Model, 25, ("eta", eta)).Rows;
            for (var i = 0; i < 24; i++)
            {
                int t = rows[i].TimeIndex + 1, s = rows[i + 1].TimeIndex + 1;
                Near.Absolute(Linear.Alpha(s), rows[i].A * Linear.Alpha(t) + rows[i].B, 1e-12);
                Near.Absolute(1 - Linear.AlphaBar(s), Math.Pow(rows[i].A * Linear.Sigma(t), 2) + Math.Pow(rows[i].D, 2), 1e-12);
            }
        }
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("sigmoid")]
    public void Run_PointMass_StaysOnTheExactTrajectory(string schedule)
    {
        const double clean = 0.4, noise = -1.3;
        var noiseSchedule = ScheduleCatalogue.Create(schedule, 1000);
        foreach (var prediction in GaussianDenoiser.Predictions)
        {
            double Network(double x, double memory, int index)
            {
                double alpha = noiseSchedule.Alpha(index + 1), sigma = noiseSchedule.Sigma(index + 1), power = sigma * sigma + alpha * alpha / 4;
                return prediction switch
                {
                    Prediction.Epsilon => (x - alpha * clean) / sigma,
                    Prediction.X0 => clean,
                    Prediction.V or Prediction.Both => (alpha * x - clean) / sigma,
                    // (x_0 - c_skip x / alpha) / c_out with d = 1/2, times alpha above and below
                    Prediction.Edm => (clean - alpha / 4 / power * x) * 2 * Math.Sqrt(power) / sigma,
                    _ => x - clean,
                };
            }
            var table = Compile("ddim", new DenoiserTraits(noiseSchedule, prediction), 20, ("clip", "off"), ("spacing", "uniform"));
            var start = noiseSchedule.Alpha(951) * clean + noiseSchedule.Sigma(951) * noise;
            var states = RowInterpreter.Run(table, Network, start, _ => 0);
            for (var i = 0; i < 19; i++)
            {
                var s = table.Rows[i + 1].TimeIndex + 1;
                Near.Absolute(noiseSchedule.Alpha(s) * clean + noiseSchedule.Sigma(s) * noise, states[i].X, 1e-12, $"{prediction} row {i}");
            }
            Near.Absolute(clean, states[^1].X, 1e-12, $"{prediction}");
        }
    }

    [Fact]
    public void Run_SameDenoiserInEveryPrediction_GivesTheSameSteps()
    {
        double[][] paths = [.. GaussianDenoiser.Predictions.Select(p =>
            RowInterpreter.Run(Compile("ddim", new DenoiserTraits(Linear, p), 50), new GaussianDenoiser(Linear, p, 0.25).Output, 1.9, _ => 0).Select(s => s.X).ToArray())];
        Assert.Equal(6, paths.Length);
        foreach (var path in paths)
            for (var i = 0; i < 50; i++) Near.Absolute(paths[0][i], path[i], 1e-12, $"row {i}");
    }

    [Fact]
    public void Run_ClipOn_RederivesTheNoiseFromTheClippedImage()
    {
        var table = Compile("ddim", new DenoiserTraits(Linear, Prediction.X0), 10);
        int t = table.Rows[0].TimeIndex + 1, s = table.Rows[1].TimeIndex + 1;
        var state = RowInterpreter.Run(table, (_, _, _) => 3, 0.5, _ => 0)[0];

        Assert.Equal(1, state.Clean);
        var noise = (0.5 - Linear.Alpha(t)) / Linear.Sigma(t);
        Near.Absolute(Linear.Alpha(s) + Linear.Sigma(s) * noise, state.X, 1e-12);
    }
}
