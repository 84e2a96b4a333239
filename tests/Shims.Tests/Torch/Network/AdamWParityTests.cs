using Shims.Tests.Torch.Fixtures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Network;

/// <summary>Four steps on given gradients (zero and 1e-7 among them) with every constant other than its default, within 1e-6.</summary>
public sealed class AdamWParityTests
{
    private static readonly SafetensorsFile Fixture = SafetensorsFile.Open("optimizers");

    private static readonly AdamWOptions Options = Fixture.Note<AdamWOptions>("step");

    [Fact]
    public void OptimAdamW_FourSteps_EqualPyTorch()
    {
        using var parameter = Start();
        using var optimizer = optim.AdamW([parameter], Options.Lr, Options.Beta1, Options.Beta2, Options.Eps, Options.WeightDecay);

        AssertSteps(parameter, () => optimizer.step());
    }

    [Fact]
    public void OwnAdamW_FourSteps_EqualPyTorch()
    {
        using var parameter = Start();
        using var optimizer = new DecoupledAdamW([parameter], Options);

        AssertSteps(parameter, optimizer.Step);
    }

    private static Parameter Start() => new(Fixture["parameter/0"].ToTensor());

    private static void AssertSteps(Parameter parameter, Action step)
    {
        for (var i = 0; i < Fixture.Note<int>("steps"); i++)
        {
            parameter.grad = Fixture[$"gradient/{i}"].ToTensor();
            step();
            Parity.AssertClose(Fixture[$"parameter/{i + 1}"], parameter, 1e-6, $"step {i + 1}");
        }
    }
}
