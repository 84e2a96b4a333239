using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;
using TorchSharp;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class DenoiserTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Load_PublishedNetwork_EvaluatesAsTheOriginal()
    {
        using var original = Random(Config with { Dropout = 0.3 });
        original.eval();
        using var denoiser = Denoiser.Load(Publish(original.Config, NetworkWeights.ToSafeTensors(original.state_dict())), CPU);
        using var scope = NewDisposeScope();
        var (x, time, labels, memory) = (Gaussian(1, 2, 1, 8, 8), tensor([3L, 900L]), tensor([0L, 3L]), Gaussian(2, 2, 1, 8, 8));
        var output = denoiser.Evaluate(x, time, labels, memory);
        Assert.Equal(0, Distance(original.forward(x, time, labels, memory), output));
        Assert.False(output.requires_grad);
        Assert.True(is_grad_enabled());
        Assert.Equal("small", denoiser.Manifest.Model);
    }

    [Fact]
    public void Load_InBfloat16_EvaluatesInItAndAnswersInFloat32()
    {
        using var original = Random(Config);
        var version = Publish(Config, NetworkWeights.ToSafeTensors(original.state_dict()));
        using var whole = Denoiser.Load(version, CPU);
        using var half = Denoiser.Load(version, CPU, Precision.Named("bfloat16", CPU, "here"));
        using var scope = NewDisposeScope();
        var (x, time, labels, memory) = (Gaussian(1, 2, 1, 8, 8), tensor([3L, 900L]), tensor([0L, 3L]), Gaussian(2, 2, 1, 8, 8));
        var (expected, output) = (whole.Evaluate(x, time, labels, memory), half.Evaluate(x, time, labels, memory));
        Assert.All(half.Network.parameters(), p => Assert.Equal(ScalarType.BFloat16, p.dtype));
        Assert.Equal(ScalarType.Float32, output.dtype);
        // 8 bits of mantissa through some twenty layers
        Assert.InRange(Distance(expected, output) / expected.abs().max().item<float>(), 1e-4, 5e-2);
    }

    [Theory]
    [InlineData("float16", "only a GPU")]
    [InlineData("half", "must be float32, bfloat16, float16")]
    public void Precision_ThatTheDeviceHasNot_IsRefusedByTheNameOfTheSetting(string name, string reason)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => { Precision.Named(name, CPU, "Inference:Precision"); });
        Assert.StartsWith("Inference:Precision", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_HalfPrecisionFile_WidensIt()
    {
        using var original = Random(Config);
        using var scope = NewDisposeScope();
        var half = original.state_dict().ToDictionary(w => w.Key, w => w.Value.detach().to(ScalarType.BFloat16));
        using var denoiser = Denoiser.Load(Publish(Config, NetworkWeights.ToSafeTensors(half)), CPU);
        var (name, expected) = half.First();
        Assert.Equal(0, Distance(expected.to(ScalarType.Float32), denoiser.Network.state_dict()[name]));
    }

    [Fact]
    public void Load_WeightsThatDoNotFit_NamesTheTensors()
    {
        using var original = Random(Config);
        var weights = NetworkWeights.ToSafeTensors(original.state_dict()).ToList();
        weights.RemoveAll(w => w.Name is "out.2.bias");
        weights[weights.FindIndex(w => w.Name == "out.0.bias")] = new SafeTensor("out.0.bias", DType.F32, [2, 4], new byte[32]);
        weights.Add(new SafeTensor("extra.weight", DType.F32, [1], new byte[4]));
        var version = Publish(Config, weights);
        var error = Assert.Throws<CheckpointException>(() => { Denoiser.Load(version, CPU); });
        Assert.Contains("'out.2.bias' is missing", error.Message, StringComparison.Ordinal);
        Assert.Contains("'extra.weight' is not a parameter", error.Message, StringComparison.Ordinal);
        Assert.Contains("'out.0.bias' is [2, 4], the network needs [8]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WeightsThatAreNoFloats_NamesTheTensor()
    {
        using var original = Random(Config);
        var weights = NetworkWeights.ToSafeTensors(original.state_dict()).ToList();
        weights[weights.FindIndex(w => w.Name == "out.0.bias")] = new SafeTensor("out.0.bias", DType.I32, [8], new byte[32]);
        var version = Publish(Config, weights);
        Assert.Contains("'out.0.bias' has type I32", Assert.Throws<CheckpointException>(() => { Denoiser.Load(version, CPU); }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, Prediction.Epsilon, "network.bothOutputs must be false for the prediction epsilon")]
    [InlineData(false, Prediction.Both, "network.bothOutputs must be true for the prediction both")]
    public void Load_APredictionThatIsNotOneOfTheNetwork_SaysSo(bool both, Prediction prediction, string problem)
    {
        var config = Config with { BothOutputs = both };
        using var original = Random(config);
        var version = Publish(config, NetworkWeights.ToSafeTensors(original.state_dict()), prediction);
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => { Denoiser.Load(version, CPU); }).Message, StringComparison.Ordinal);
    }

    private CheckpointVersion Publish(UNetConfig config, IReadOnlyList<SafeTensor> weights, Prediction prediction = Prediction.Epsilon) => new CheckpointStore(folder.Path, TimeProvider.System).Publish(
        "small",
        version => new CheckpointManifest
        {
            Model = "small",
            Version = version,
            Created = default,
            Network = config,
            Prediction = prediction,
            Schedule = new ScheduleReference("cosine", 1000),
            Objective = "ddpm",
            Data = new DataReference("none", "", 0),
            ImagesSeen = 0,
        },
        files => SafeTensors.Write(Path.Combine(files, CheckpointVersion.WeightsFile), weights));
}
