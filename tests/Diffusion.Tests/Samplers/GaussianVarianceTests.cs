using Diffusion.Samplers;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

/// <summary>Final variance of each sampler with the perfect network for N(0, s2), linear schedule, T = 1000, no clip.</summary>
public sealed class GaussianVarianceTests
{
    private static double Variance(double s2, Prediction prediction, string sampler, int steps, params (string, string)[] options)
    {
        var table = Compile(sampler, new DenoiserTraits(Linear, prediction), steps, [("clip", "off"), ("spacing", "uniform"), .. options]);
        return RowInterpreter.FinalVariance(table, new GaussianDenoiser(Linear, prediction, s2).Gain);
    }

    [Theory]
    [InlineData(0.25, "small", 0.246125)]
    [InlineData(0.25, "large", 0.250752)]
    [InlineData(1, "small", 0.991067)]
    [InlineData(1, "large", 0.999900)]
    [InlineData(4, "small", 3.974777)]
    [InlineData(4, "large", 3.990569)]
    public void Ddpm_AllSteps_HasTheKnownVariance(double s2, string variance, double expected) =>
        Near.Absolute(expected, Variance(s2, Prediction.Epsilon, "ddpm", 1000, ("variance", variance)), 1e-6);

    [Theory]
    [InlineData(10, 0, 0.139972)]
    [InlineData(20, 0, 0.188126)]
    [InlineData(50, 0, 0.223199)]
    [InlineData(100, 0, 0.236177)]
    [InlineData(1000, 0, 0.248498)]
    [InlineData(10, 1, 0.111064)]
    [InlineData(20, 1, 0.153244)]
    [InlineData(50, 1, 0.197245)]
    [InlineData(100, 1, 0.219264)]
    [InlineData(1000, 1, 0.246125)]
    public void Ddim_UniformSpacing_HasTheKnownVariance(int steps, int eta, double expected)
    {
        foreach (var prediction in GaussianDenoiser.Predictions)
            Near.Absolute(expected, Variance(0.25, prediction, "ddim", steps, ("eta", $"{eta}")), 1e-6, $"{prediction}");
    }

    [Fact]
    public void FinalVariance_SameTableRunOnNumbers_Agrees()
    {
        var table = Compile("ddpm", new DenoiserTraits(Linear, Prediction.V), 20, ("clip", "off"));
        var network = new GaussianDenoiser(Linear, Prediction.V, 0.25);
        double Last(double start, int kick) => RowInterpreter.Run(table, network.Output, start, i => i == kick ? 1 : 0)[^1].X;

        var sum = Math.Pow(Last(1, -1), 2) + Enumerable.Range(0, 20).Sum(i => Math.Pow(Last(0, i), 2));
        Near.Relative(sum, RowInterpreter.FinalVariance(table, network.Gain), 1e-12);
    }
}
