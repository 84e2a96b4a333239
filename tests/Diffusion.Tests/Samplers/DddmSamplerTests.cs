using Diffusion.Samplers;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class DddmSamplerTests
{
    private static readonly DenoiserTraits Model = new(Linear, Prediction.Residual, HasMemory: true);

    [Fact]
    public void Run_FixedWalk_KeepsNoiseAndTimeAndShowsTheLastEstimate()
    {
        var seen = new List<(double X, double Memory, int Index)>();
        double Network(double x, double memory, int index)
        {
            seen.Add((x, memory, index));
            return x - 0.5 * memory - 0.1;
        }
        var states = RowInterpreter.Run(Compile("dddm", Model, 4, ("walk", "fixed")), Network, 1.7, _ => 9, memory: 0.8);

        Assert.Equal([0.5, 0.35, 0.275, 0.2375], states.Select(s => Math.Round(s.Clean, 12)));
        Assert.Equal([1.7, 1.7, 1.7, 1.7], seen.Select(s => s.X));
        Assert.All(seen, s => Assert.Equal(999, s.Index));
        Assert.Equal([0.8, .. states.Take(3).Select(s => s.Clean)], seen.Select(s => s.Memory));
        Assert.Equal(states[^1].Clean, states[^1].X);
    }

    [Theory]
    [InlineData("fixed")]
    [InlineData("ddim")]
    [InlineData("2m")]
    [InlineData("renoise")]
    public void Run_ZeroNetwork_ReturnsTheNoisyImageClipped(string walk)
    {
        Assert.Equal(0.6, RowInterpreter.Run(Compile("dddm", Model, 1, ("walk", walk)), (_, _, _) => 0, 0.6, _ => 0)[0].X);
        Assert.Equal(-1, RowInterpreter.Run(Compile("dddm", Model, 1, ("walk", walk)), (_, _, _) => 0, -1.6, _ => 0)[0].X);
    }

    [Fact]
    public void Compile_OneStep_IsTheSameForEveryWalk()
    {
        var tables = new[] { "fixed", "ddim", "2m", "renoise" }.Select(w => Compile("dddm", Model, 1, ("walk", w)).Rows.Single()).ToArray();
        Assert.All(tables, r => Assert.Equal(tables[0], r));
        Assert.Equal((999, 1.0, -1.0), (tables[0].TimeIndex, tables[0].P, tables[0].Q));
    }

    /// <summary>Nothing is known of x_0 at t = T: one evaluation of the best network makes nearly the same picture of every noise.</summary>
    [Fact]
    public void Run_OneStepOfTheBestNetworkWithoutAMemory_HasTheKnownVariance()
    {
        var gain = RowInterpreter.Run(Compile("dddm", Model, 1), new GaussianDenoiser(Linear, Prediction.Residual, 0.25).Output, 1, _ => 0)[0].X;
        Near.Absolute(2.5225e-6, gain * gain, 5e-11);
    }

    [Fact]
    public void Run_DdimWalk_FollowsDdimWithTheMemoryCarried()
    {
        var seen = new List<(double Memory, int Index)>();
        var denoiser = new GaussianDenoiser(Linear, Prediction.Residual, 0.25);
        double Network(double x, double memory, int index)
        {
            seen.Add((memory, index));
            return denoiser.Output(x, memory, index);
        }
        var walk = RowInterpreter.Run(Compile("dddm", Model, 4, ("walk", "ddim")), Network, 0.9, _ => 9, memory: -0.3);
        var ddim = RowInterpreter.Run(Compile("ddim", Model, 4), denoiser.Output, 0.9, _ => 0);

        Assert.Equal(ddim, walk);
        Assert.Equal([999, 749, 499, 249], seen.Select(s => s.Index));
        Assert.Equal([-0.3, .. walk.Take(3).Select(s => s.Clean)], seen.Select(s => s.Memory));
    }

    [Fact]
    public void Run_RenoiseWalk_DrawsEachStepFromItsEstimate()
    {
        var table = Compile("dddm", Model, 4, ("walk", "renoise"));
        var states = RowInterpreter.Run(table, (x, _, _) => x - 0.25, 0.9, i => i + 1);
        for (var i = 0; i < 3; i++)
        {
            var s = table.Rows[i + 1].TimeIndex + 1;
            Near.Absolute(Linear.Alpha(s) * 0.25 + Linear.Sigma(s) * (i + 1), states[i].X, 1e-12);
        }
        Assert.Equal(0.25, states[^1].X);
    }

    [Fact]
    public void Refuses_ModelWithoutMemory_SaysWhy()
    {
        var dddm = SamplerCatalog.Find("dddm")!;
        Assert.Contains("memory", dddm.Refuses(Model with { HasMemory = false }));
        Assert.Null(dddm.Refuses(Model));
    }
}
