using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using TorchSharp;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

/// <summary>Against an independent statement of the network in PyTorch: tests/fixtures/unet/make_unet.py.</summary>
public sealed class UNetParityTests
{
    private const string ClassifierPrefix = "classifier-";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static TheoryData<string> Cases =>
        [.. Files().Where(f => !f.StartsWith(ClassifierPrefix, StringComparison.Ordinal))];

    public static TheoryData<string> Classifiers =>
        [.. Files().Where(f => f.StartsWith(ClassifierPrefix, StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void ForwardAndBackward_SameWeights_EqualPyTorch(string file)
    {
        using var reference = SafeTensorFile.Open(Path.Combine(AppContext.BaseDirectory, "fixtures", "unet", file));
        var config = JsonSerializer.Deserialize<UNetConfig>(reference.Metadata["config"], Json)!;
        using var network = new UNet(config);
        using var scope = NewDisposeScope();
        Load(network, reference);

        var x = Read(reference, "x").requires_grad_();
        var memory = config.Memory ? Read(reference, "memory").requires_grad_() : null;
        var output = network.forward(x, Read(reference, "timeIndex"), config.Classes is null ? null : Read(reference, "labels"), memory);
        AssertClose("output", Read(reference, "output"), output);

        output.mul(Read(reference, "probe")).mean().backward();
        AssertClose("grad/x", Read(reference, "grad/x"), x.grad!);
        if (memory is not null) AssertClose("grad/memory", Read(reference, "grad/memory"), memory.grad!);
        foreach (var (name, parameter) in network.named_parameters())
            AssertClose(name, Read(reference, $"grad/{name}"), parameter.grad!);
    }

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void NoisyClassifier_SameWeights_EqualsPyTorch(string file)
    {
        using var reference = SafeTensorFile.Open(Path.Combine(AppContext.BaseDirectory, "fixtures", "unet", file));
        using var network = new NoisyClassifier(JsonSerializer.Deserialize<UNetConfig>(reference.Metadata["config"], Json)!);
        using var scope = NewDisposeScope();
        Load(network, reference);

        var x = Read(reference, "x").requires_grad_();
        var output = network.forward(x, Read(reference, "timeIndex"));
        AssertClose("output", Read(reference, "output"), output);

        output.mul(Read(reference, "probe")).mean().backward();
        AssertClose("grad/x", Read(reference, "grad/x"), x.grad!);
        foreach (var (name, parameter) in network.named_parameters())
            AssertClose(name, Read(reference, $"grad/{name}"), parameter.grad!);
    }

    private static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "fixtures", "unet"), "*.safetensors").Select(f => Path.GetFileName(f)!);

    private static void Load(nn.Module network, SafeTensorFile reference)
    {
        using var noGrad = no_grad();
        var weights = network.state_dict();
        Assert.Equal(
            reference.Tensors.Keys.Where(n => n.StartsWith("weight/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            weights.Keys.Select(n => $"weight/{n}").Order(StringComparer.Ordinal));
        foreach (var (name, weight) in weights) weight.copy_(Read(reference, $"weight/{name}"));
    }

    private static Tensor Read(SafeTensorFile file, string name)
    {
        var entry = file[name];
        var read = empty([.. entry.Shape], dtype: entry.Type == DType.I64 ? ScalarType.Int64 : ScalarType.Float32);
        file.Read(name, read.bytes);
        return read;
    }

    private static void AssertClose(string name, Tensor expected, Tensor actual)
    {
        var distance = Distance(expected, actual);
        Assert.True(distance <= 1e-5, $"{name}: {distance}");
    }
}
