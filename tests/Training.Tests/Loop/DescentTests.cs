using Diffusion.Kernels;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Diffusion.Training.Loop.AdamW;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Training.Tests.Loop;

/// <summary>The step in one pass against the plain operators, the formula in float64, and what others go by.</summary>
public sealed class DescentTests
{
    private static readonly OptimizerSettings Settings = new() { Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-6, WeightDecay = 0.1, ClipNorm = 0 };

    [Fact]
    public void Step_InOnePass_HasTheBitsOfThePlainOperators()
    {
        Assert.True(NativeKernels.Available);
        using var fused = new Walker(Settings);
        Walker plain;
        using (NativeKernels.Plain()) plain = new Walker(Settings);
        using (plain)
        {
            for (var n = 0; n < 5; n++)
                foreach (var walker in new[] { fused, plain }) walker.Step(n, 0.01);
            foreach (var (name, expected) in plain.State()) Assert.True(expected.AsSpan().SequenceEqual(fused.State()[name]), name);
        }
    }

    [Fact]
    public void Step_OnThreeThreads_HasTheBitsOfOne()
    {
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            using var alone = new Walker(Settings with { ClipNorm = 1 });
            var norm = alone.Step(0, 0.01);
            set_num_threads(3);
            using var together = new Walker(Settings with { ClipNorm = 1 });
            Assert.Equal(norm, together.Step(0, 0.01));
            foreach (var (name, expected) in alone.State()) Assert.True(expected.AsSpan().SequenceEqual(together.State()[name]), name);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Step_Clipped_FollowsTheFormulaInFloat64()
    {
        using var walker = new Walker(Settings with { ClipNorm = 0.5 });
        var (weights, average) = (walker.State()["weight/small.weight"].Select(x => (double)x).ToArray(), walker.State()["average/small.weight"].Select(x => (double)x).ToArray());
        double[] first = new double[weights.Length], second = new double[weights.Length];
        for (var n = 0; n < 3; n++)
        {
            var norm = walker.Step(n, 0.01);
            Near.Relative(Math.Sqrt(walker.Gradients().SelectMany(g => g).Sum(x => (double)x * x)), norm, 1e-12, "the norm");
            var gradient = walker.Gradients()[^1];
            var decay = MovingAverage.Decay(walker.Average, n);
            for (var i = 0; i < weights.Length; i++)
            {
                var g = gradient[i] * 0.5 / norm;
                first[i] = 0.9 * first[i] + 0.1 * g;
                second[i] = 0.99 * second[i] + 0.01 * g * g;
                weights[i] = weights[i] * (1 - 0.01 * 0.1) - 0.01 * (first[i] / (1 - Math.Pow(0.9, n + 1))) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.99, n + 1))) + 1e-6);
                average[i] = decay * average[i] + (1 - decay) * weights[i];
            }
        }
        var state = walker.State();
        for (var i = 0; i < weights.Length; i++)
        {
            Near.Relative(weights[i], state["weight/small.weight"][i], 1e-6, $"weight {i}");
            Near.Relative(average[i], state["average/small.weight"][i], 1e-6, $"average {i}");
            Near.Relative(first[i], state["first/small.weight"][i], 1e-6, $"first moment {i}");
            Near.Relative(second[i], state["second/small.weight"][i], 1e-6, $"second moment {i}");
        }
    }

    [Fact]
    public void Step_HoweverManyParameters_IsTwoCalls()
    {
        using var walker = new Walker(Settings);
        walker.Draw(0);
        var calls = OperatorProfile.Of(() =>
        {
            walker.Descent.Clip();
            walker.Descent.Step(0, 0.01);
            walker.Descent.Forget();
        });
        Assert.Equal(["diffusion::gradient_norm", "diffusion::weight_step"], calls.Select(c => c.Name).Order());
        Assert.All(calls, c => Assert.Equal(1, c.Calls));
        Assert.All(walker.Network.parameters(), p => Assert.Null(p.grad));
    }

    [Fact]
    public void Step_BetweenTwoConvolutions_IsSeenByThePackedWeights()
    {
        using var walker = new Walker(Settings);
        using var layer = new ImageConvolution(walker.Convolution);
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var x = ChannelsLast.Of(randn([1, 32, 8, 8], generator: generator));
        for (var n = 0; n < 2; n++)
        {
            var expected = F.conv2d(x, walker.Convolution.weight!, walker.Convolution.bias, padding: [1L, 1L]);
            Assert.True(allclose(expected, layer.Of(x), 1e-4, 1e-4), $"step {n}");
            walker.Step(n, 0.5);
        }
    }

    /// <summary>A small network that steps by gradients drawn from the step's number; one parameter has none.</summary>
    private sealed class Walker : IDisposable
    {
        private readonly nn.Module average;
        private readonly AdamW optimizer;

        public Walker(OptimizerSettings settings)
        {
            (Network, average) = (Build(1), Build(2));
            optimizer = new AdamW(Network.named_parameters(), settings);
            Descent = new Descent(Network, optimizer, new MovingAverage(Network, average, Average), settings);
        }

        public AverageSettings Average { get; } = new() { Decay = 0.99 };

        public nn.Module Network { get; }

        public Descent Descent { get; }

        public Conv2d Convolution => (Conv2d)Network.named_children().First().module;

        public double Step(int n, double rate)
        {
            Draw(n);
            var norm = Descent.Clip();
            Descent.Step(n, rate);
            return norm;
        }

        public void Draw(int n)
        {
            using var generator = new Generator((ulong)n + 10);
            foreach (var (name, parameter) in Network.named_parameters())
                parameter.grad = name == "wide.bias" ? null : randn(parameter.shape, generator: generator);
        }

        public List<float[]> Gradients() => [.. Network.parameters().Select(p => p.grad).OfType<Tensor>().Select(g => g.data<float>().ToArray())];

        public Dictionary<string, float[]> State()
        {
            using var scope = NewDisposeScope();
            var state = new Dictionary<string, float[]>();
            foreach (var (name, parameter) in Network.named_parameters()) state["weight/" + name] = parameter.data<float>().ToArray();
            foreach (var (name, parameter) in average.named_parameters()) state["average/" + name] = parameter.data<float>().ToArray();
            foreach (var (name, first, second) in optimizer.Moments) (state["first/" + name], state["second/" + name]) = (first.data<float>().ToArray(), second.data<float>().ToArray());
            return state;
        }

        public void Dispose()
        {
            optimizer.Dispose();
            Network.Dispose();
            average.Dispose();
        }

        // sizes of more than one part, of an odd number, and of less than a vector
        private static nn.Module Build(ulong seed)
        {
            var network = nn.Sequential(("convolution", nn.Conv2d(32, 32, 3, padding: 1)), ("wide", nn.Linear(173, 97)), ("small", nn.Linear(3, 1, hasBias: false)));
            using var off = no_grad();
            using var generator = new Generator(seed);
            foreach (var parameter in network.parameters()) parameter.normal_(0, 1, generator);
            return network;
        }
    }
}
