using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

/// <summary>Every sampler where variance explodes: a change of scale, y = x / alpha and s = sigma / alpha, away from what is tested elsewhere.</summary>
public sealed class VarianceExplodingSamplerTests
{
    private const double S2 = 0.25;

    private static readonly NoiseSchedule Exploding = VarianceExplodingSchedule.Create(1000);

    public static TheoryData<string, string, int> Walks => new()
    {
        { "ddim", "eta=0", 20 }, { "ddim", "eta=1", 20 }, { "ddim", "eta=0.4", 7 }, { "ddim", "spacing=uniform", 10 }, { "ddim", "spacing=quadratic", 10 },
        { "ddpm", "variance=small", 20 }, { "ddpm", "variance=small", 1000 }, { "dpmpp-2m", "spacing=trailing", 12 },
        { "dddm", "walk=fixed", 4 }, { "dddm", "walk=ddim", 4 }, { "dddm", "walk=2m", 6 }, { "dddm", "walk=renoise", 5 },
    };

    /// <summary>The schedule with the signal-to-noise ratios of a preserving one must walk through the same images, each over its alpha.</summary>
    [Theory]
    [MemberData(nameof(Walks))]
    public void Run_SameRatiosAsAPreservingSchedule_IsTheSameWalkRescaled(string sampler, string option, int steps)
    {
        var same = NoiseSchedule.Exploding("own", [.. Enumerable.Range(1, 1000).Select(t => Linear.Sigma(t) / Linear.Alpha(t))]);
        (string, string)[] options = [(option.Split('=')[0], option.Split('=')[1]), .. sampler == "dddm" ? Array.Empty<(string, string)>() : [("clip", "off")]];
        var (preserving, exploding) = (Compile(sampler, Model(Linear), steps, options), Compile(sampler, Model(same), steps, options));
        var first = preserving.Rows[0].TimeIndex + 1;
        Near.Relative(same.Sigma(first), exploding.StartScale, 1e-12, "start");

        // the network answers with x0, half of it from its memory, in both views the same
        double Clean(NoiseSchedule schedule, double x, double memory, int index) =>
            0.5 * memory * (sampler == "dddm" ? 1 : 0) + 0.5 * new GaussianDenoiser(schedule, Prediction.X0, S2).Output(x, 0, index);
        const double start = 0.7;
        var one = RowInterpreter.Run(preserving, (x, m, i) => Clean(Linear, x, m, i), start, Kick, memory: 0.3);
        // pure noise is 1 in one view and sigma in the other: the same state is 1 / sigma of it
        var other = RowInterpreter.Run(exploding, (x, m, i) => Clean(same, x, m, i), start / Linear.Sigma(first), Kick, memory: 0.3);
        for (var k = 0; k < steps; k++)
        {
            var s = k + 1 < steps ? preserving.Rows[k + 1].TimeIndex + 1 : 0;
            Near.Absolute(one[k].Clean, other[k].Clean, 1e-9, $"estimate {k}");
            Near.Relative(one[k].X / Linear.Alpha(s), other[k].X, 1e-8, $"state {k}");
        }

        static double Kick(int row) => row % 2 == 0 ? 1.2 : -0.8;
    }

    /// <summary>Each step multiplies by (s2 + sigma_t sigma_s) / (s2 + sigma_t^2); from sigma_max, where an image adds hardly anything.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Ddim_PerfectNetwork_HasTheVarianceOfItsSteps(int steps)
    {
        foreach (var prediction in new[] { Prediction.Epsilon, Prediction.X0, Prediction.Residual })
        {
            var table = Compile("ddim", new DenoiserTraits(Exploding, prediction), steps, ("clip", "off"));
            double[] sigmas = [.. table.Rows.Select(r => Exploding.Sigma(r.TimeIndex + 1)), 0];
            var amplitude = 50.0;
            for (var k = 0; k < steps; k++) amplitude *= (S2 + sigmas[k] * sigmas[k + 1]) / (S2 + sigmas[k] * sigmas[k]);
            Near.Relative(amplitude * amplitude, RowInterpreter.FinalVariance(table, new GaussianDenoiser(Exploding, prediction, S2).Gain), 1e-9, $"{prediction}");
        }
    }

    [Fact]
    public void Ddpm_PerfectNetworkAndAllSteps_DrawsTheData() =>
        Near.Relative(S2, RowInterpreter.FinalVariance(Compile("ddpm", new DenoiserTraits(Exploding, Prediction.Epsilon), 1000, ("clip", "off")), new GaussianDenoiser(Exploding, Prediction.Epsilon, S2).Gain), 0.01);

    /// <summary>The one that is not the same rescaled: the whole of what a step added, as reverse diffusion has it (Song et al. 2021, appendix F).</summary>
    [Fact]
    public void Ddpm_LargeVariance_IsWhatTheStepAdded()
    {
        var rows = Compile("ddpm", new DenoiserTraits(Exploding, Prediction.Epsilon), 20, ("variance", "large")).Rows;
        for (var k = 0; k < 19; k++)
            Near.Relative(Math.Pow(Exploding.Sigma(rows[k].TimeIndex + 1), 2) - Math.Pow(Exploding.Sigma(rows[k + 1].TimeIndex + 1), 2), rows[k].D * rows[k].D, 1e-9, $"row {k}");
    }

    [Fact]
    public void Dddm_FixedWalk_BeginsAtTheMostNoiseAndStaysThere()
    {
        var table = Compile("dddm", new DenoiserTraits(Exploding, Prediction.Boundary, HasMemory: true), 3, ("walk", "fixed"));
        Near.Relative(50, table.StartScale, 1e-12);
        Assert.All(table.Rows, r => Assert.Equal(999, r.TimeIndex));
        Assert.All(table.Rows, r => Near.Relative(0.01 / 50, r.P, 1e-12));
        Assert.All(table.Rows.SkipLast(1), r => Assert.Equal((1.0, 0.0, 0.0), (r.A, r.B, r.D)));
    }

    private static DenoiserTraits Model(NoiseSchedule schedule) => new(schedule, Prediction.X0, HasMemory: true);
}
