using Shims.Tests.Torch.Fixtures;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Network;

/// <summary>One training step of the whole network against PyTorch: every difference at most 1e-5 in float32.</summary>
public sealed class SmallUNetParityTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private static readonly SafetensorsFile Fixture = SafetensorsFile.Open("unet");

    private readonly SmallUNet network = SmallUNet.Stored(Fixture);

    public void Dispose() => network.Dispose();

    [Fact]
    public void StateDict_OfTheNetwork_HasPyTorchNamesAndShapes()
    {
        var names = Fixture.Note<string[]>("parameters");

        Assert.Equal(names, network.named_parameters().Select(p => p.name));
        Assert.Equal(names, network.state_dict().Keys);
        Assert.Equal(61059, network.parameters().Sum(p => p.numel()));
        Assert.All(network.state_dict(), entry => Assert.Equal(Fixture["weight/" + entry.Key].Shape, entry.Value.shape));
    }

    [Fact]
    public void Forward_SameWeights_EqualsPyTorch()
    {
        using var scope = NewDisposeScope();

        Parity.AssertClose(Fixture["output"], Output(), Tolerance, "output");
    }

    [Fact]
    public void Backward_SameWeights_EqualsPyTorchForEveryParameter()
    {
        using var scope = NewDisposeScope();

        Parity.AssertClose(Fixture["loss"], Backward(), Tolerance, "loss");

        Assert.All(network.named_parameters(), p => AssertWithin("gradient/" + p.name, p.parameter.grad!));
    }

    [Fact]
    public void OwnAdamW_OneStep_EqualsPyTorchForEveryParameter()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new DecoupledAdamW(network.parameters(), Fixture.Note<AdamWOptions>("step"));
        Backward();

        optimizer.Step();

        Assert.All(network.named_parameters(), p => AssertWithin("stepped/" + p.name, p.parameter));
    }

    [Fact]
    public void OptimAdamW_OneStep_EqualsPyTorchForEveryParameter()
    {
        using var scope = NewDisposeScope();
        var (lr, beta1, beta2, eps, decay) = Fixture.Note<AdamWOptions>("step");
        using var optimizer = optim.AdamW(network.parameters(), lr, beta1, beta2, eps, decay);
        Backward();

        optimizer.step();

        Assert.All(network.named_parameters(), p => AssertWithin("stepped/" + p.name, p.parameter));
    }

    [Fact]
    public void ClipGradNorm_AfterBackward_ReturnsTheNormBeforeAndScalesToTheBound()
    {
        using var scope = NewDisposeScope();
        Backward();

        var norm = nn.utils.clip_grad_norm_(network.parameters(), Fixture.Note<double>("clip"));

        Assert.Equal(Fixture["clip/norm"].Values[0], norm, Tolerance);
        Parity.AssertClose(Fixture["clip/stem.weight"], network.get_parameter("stem.weight")!.grad!, Tolerance, "stem.weight");
        Parity.AssertClose(Fixture["clip/middle.emb.bias"], network.get_parameter("middle.emb.bias")!.grad!, Tolerance, "middle.emb.bias");
    }

    private static void AssertWithin(string name, Tensor actual) => Assert.InRange(Parity.MaxDifference(Fixture[name], actual), 0, Tolerance);

    private Tensor Output() => network.call(Fixture["x"].ToTensor(), Fixture["t"].ToTensor());

    private Tensor Backward()
    {
        var loss = functional.mse_loss(Output(), Fixture["target"].ToTensor());
        loss.backward();
        return loss;
    }
}
