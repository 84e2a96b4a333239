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
        using var scope = NewDisposeScope();
        foreach (var (parameter, i) in network.parameters().Select((p, i) => (p, i)))
        {
            var numbers = new float[parameter.numel()];
            Noise.SeededNoise.Normal(1, (uint)i, 0, Noise.NoisePurpose.Start, numbers);
            parameter.copy_(tensor(Array.ConvertAll(numbers, v => 0.2f * v), parameter.shape));
        }
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

    /// <summary>One evaluation, by hand: of what guidance adds to the estimate with the label, only what stands upright on it.</summary>
    [Fact]
    public void Run_WithoutTheParallelPart_AddsWhatStandsUprightOnTheEstimate()
    {
        var table = Table("dddm", 1);
        table = table with { Rows = [.. table.Rows.Select(r => r with { ClipsClean = false })] };
        var found = new RowSampler(network, CPU) { Parallel = 0 }.Run(table, [1], 1, 3, seed: 4);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        network.eval();
        var (x, memory) = (Draw(Noise.NoisePurpose.Start), Draw(Noise.NoisePurpose.Memory));
        double[] given = Estimate(1), without = Estimate(network.Config.NullLabel!.Value), d = [.. given.Zip(without, (a, b) => a - b)];
        var along = d.Zip(given, (a, b) => a * b).Sum() / given.Sum(v => v * v);
        Assert.True(Math.Abs(along) > 1e-3, $"nothing along the estimate: {along}");
        for (var i = 0; i < found.Length; i++) Near.Absolute(given[i] + 2 * (d[i] - along * given[i]), found[i], 1e-4, $"pixel {i}");

        float[] Draw(Noise.NoisePurpose purpose)
        {
            var numbers = new float[TinySet.Pixels];
            Noise.SeededNoise.Normal(4, 0, 0, purpose, numbers);
            return numbers;
        }

        double[] Estimate(int label)
        {
            using var output = network.forward(tensor(x, [1, 1, 8, 8]), tensor(new long[] { 19 }), tensor(new long[] { label }), tensor(memory, [1, 1, 8, 8]));
            return [.. output.data<float>().ToArray().Select((o, i) => (double)x[i] - o)];
        }
    }

    private SamplerTable Table(string name, int steps)
    {
        var sampler = SamplerCatalog.Find(name)!;
        return sampler.Compile(new DenoiserTraits(Schedules.ScheduleCatalogue.Create("cosine", 20), Prediction.Residual, HasMemory: true), new SamplingOptions(sampler, steps));
    }
}
