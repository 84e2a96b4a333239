using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

public sealed class RowSamplerTests : IDisposable
{
    private readonly UNet network;

    public RowSamplerTests()
    {
        network = new UNet(TinyJob.Read(TinyJob.Dddm).Network, 3);
        using var off = no_grad();
        foreach (var parameter in network.parameters()) parameter.normal_(0, 0.2);
    }

    public void Dispose() => network.Dispose();

    [Theory]
    [InlineData("dddm", 1.0)]
    [InlineData("dddm", 2.5)]
    [InlineData("ddpm", 1.0)]
    public void Run_AnImage_IsTheSameAloneAndAmongOthers(string sampler, double guidance)
    {
        var table = Table(sampler, 4);
        var runner = new RowSampler(network, CPU);
        var all = runner.Run(table, [0, 1, 0, 1, 1], 5, guidance, seed: 9);
        var alone = runner.Run(table, [1], 1, guidance, seed: 9, firstSample: 3);
        Assert.Equal(all.AsSpan(3 * TinySet.Pixels, TinySet.Pixels).ToArray(), alone, (a, b) => Math.Abs(a - b) <= 1e-4);
    }

    [Fact]
    public void Run_GuidanceZero_IgnoresTheLabel()
    {
        var runner = new RowSampler(network, CPU);
        Assert.Equal(runner.Run(Table("dddm", 3), [0], 1, 0, 1), runner.Run(Table("dddm", 3), [1], 1, 0, 1), (a, b) => Math.Abs(a - b) <= 1e-5);
    }

    /// <summary>The same rows on one pixel of a network that returns 0, against the interpreter that works on numbers.</summary>
    [Fact]
    public void Run_NetworkThatReturnsZero_FollowsTheRowsToTheDigit()
    {
        using var zero = new UNet(network.Config, 1);
        var table = Table("ddpm", 5);
        var found = new RowSampler(zero, CPU).Run(table, [0], 1, 1, seed: 4);
        float Draw(int step, Noise.NoisePurpose purpose)
        {
            var numbers = new float[8];
            Noise.SeededNoise.Normal(4, 0, (uint)step, purpose, numbers);
            return numbers[7];
        }
        var states = RowInterpreter.Run(
            table, (_, _, _) => 0, Draw(0, Noise.NoisePurpose.Start), k => Draw(k, Noise.NoisePurpose.Step), Draw(0, Noise.NoisePurpose.Memory));
        Near.Absolute(states[^1].X, found[7], 1e-5);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(2.5)]
    public void Run_NetworkThatSaysAVariance_SpreadsTheNoiseByIt(double guidance)
    {
        using var says = new UNet(TinyJob.Read(TinyJob.Hybrid).Network, 1);
        using var values = tensor(new[] { 0.1f, 0.7f });
        using (no_grad()) says.named_parameters().Single(p => p.Item1 == "out.2.bias").Item2.copy_(values);
        var sampler = SamplerCatalog.Find("ddpm")!;
        var model = new DenoiserTraits(Schedules.ScheduleCatalogue.Create("cosine", 20), Prediction.V, LearnsVariance: true);
        var table = sampler.Compile(model, new SamplingOptions(sampler, 5, new Dictionary<string, string> { ["clip"] = "off" }));
        var found = new RowSampler(says, CPU).Run(table, [1], 1, guidance, seed: 4);
        float Draw(int step, Noise.NoisePurpose purpose)
        {
            var numbers = new float[8];
            Noise.SeededNoise.Normal(4, 0, (uint)step, purpose, numbers);
            return numbers[7];
        }
        var spread = table with { Rows = [.. table.Rows.Select(r => r with { D = r.D * Math.Exp(0.7 * r.E), E = 0 })] };
        var states = RowInterpreter.Run(spread, (_, _, _) => 0.1, Draw(0, Noise.NoisePurpose.Start), k => Draw(k, Noise.NoisePurpose.Step));
        Near.Absolute(states[^1].X, found[7], 1e-5);
    }

    private SamplerTable Table(string name, int steps)
    {
        var sampler = SamplerCatalog.Find(name)!;
        return sampler.Compile(new DenoiserTraits(Schedules.ScheduleCatalogue.Create("cosine", 20), Prediction.Residual, HasMemory: true), new SamplingOptions(sampler, steps));
    }
}
