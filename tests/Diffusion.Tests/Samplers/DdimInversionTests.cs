using Diffusion.Samplers;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class DdimInversionTests
{
    private const double S2 = 0.25;

    private static SamplingOptions Options(int steps, string spacing = "uniform", string eta = "0") => new(
        SamplerCatalog.Find("ddim")!, steps, new Dictionary<string, string> { ["spacing"] = spacing, ["eta"] = eta, ["clip"] = "off" });

    private static double RoundTrip(int steps, Prediction prediction, string spacing = "uniform")
    {
        var model = new DenoiserTraits(Linear, prediction);
        var network = new GaussianDenoiser(Linear, prediction, S2);
        var up = RowInterpreter.Run(DdimInversion.Compile(model, Options(steps, spacing)), network.Output, 1, _ => 0)[^1].X;
        return RowInterpreter.Run(SamplerCatalog.Find("ddim")!.Compile(model, Options(steps, spacing)), network.Output, up, _ => 0)[^1].X;
    }

    [Theory]
    [InlineData(10, 0.559775)]
    [InlineData(50, 0.892755)]
    [InlineData(100, 0.944674)]
    [InlineData(1000, 0.993960)]
    public void Compile_UpThenDown_HasTheKnownGain(int steps, double gain)
    {
        // the known gain takes the image for x at the first time; the row from the image adds this factor, 1.000400
        var variance = Linear.Sigma(1) * Linear.Sigma(1) / Linear.AlphaBar(1);
        var start = 1 + variance / (S2 + variance);
        foreach (var prediction in GaussianDenoiser.Predictions) Near.Absolute(gain * start, RoundTrip(steps, prediction), 1e-6, $"{prediction}");
    }

    [Fact]
    public void Compile_TwiceTheSteps_HalvesTheError()
    {
        foreach (var spacing in new[] { "uniform", "trailing" })
            Assert.InRange((1 - RoundTrip(250, Prediction.Epsilon, spacing)) / (1 - RoundTrip(500, Prediction.Epsilon, spacing)), 1.7, 2.3);
    }

    [Fact]
    public void Compile_UpTheTrajectoryOfAPointMass_IsExact()
    {
        // a point mass at 0: x_t = sigma_t z, so that eps is x/sigma and only scales
        var model = new DenoiserTraits(Linear, Prediction.Epsilon);
        var table = DdimInversion.Compile(model, Options(20));
        var states = RowInterpreter.Run(table, (x, _, index) => x / Linear.Sigma(index + 1), Linear.Sigma(1), _ => 0);
        Assert.Equal(Enumerable.Range(0, 19).Select(k => 50 * k), table.Rows.Skip(1).Select(r => r.TimeIndex));
        for (var i = 1; i < 20; i++) Near.Relative(Linear.Sigma(1 + 50 * i) / Linear.Sigma(1 + 50 * (i - 1)), states[i].X / states[i - 1].X, 1e-12);
    }

    [Fact]
    public void Compile_EtaAboveZero_IsRefused() =>
        Assert.Equal("eta", Assert.Throws<SamplingOptionException>(() => DdimInversion.Compile(new DenoiserTraits(Linear, Prediction.V), Options(10, eta: "0.5"))).Field);
}
