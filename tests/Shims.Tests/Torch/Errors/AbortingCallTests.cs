using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Errors;

/// <summary>Calls whose native body in TorchSharp 0.107 is not guarded: there an error ends the process, here it must throw.</summary>
[Trait("Torch", "system")]
public sealed class AbortingCallTests
{
    [Fact]
    public void Matmul_WithWrongShapes_Throws()
    {
        using var scope = NewDisposeScope();

        var error = Assert.ThrowsAny<ExternalException>(() => ones(2, 3).matmul(ones(4, 5)));

        Assert.Contains("(2x3 and 4x5)", error.Message);
    }

    [Fact]
    public void AutogradGrad_OfAnUnusedInput_Throws()
    {
        using var scope = NewDisposeScope();
        var used = ones(2, requires_grad: true);
        var unused = ones(2, requires_grad: true);

        var error = Assert.ThrowsAny<ExternalException>(() => autograd.grad([used.sum()], [unused]));

        Assert.Contains("used in the graph", error.Message);
    }

    [Fact]
    public void AutogradGrad_OfManyElements_Throws()
    {
        using var scope = NewDisposeScope();
        var a = ones(2, requires_grad: true);

        Assert.ThrowsAny<ExternalException>(() => autograd.grad([a * 2], [a]));
    }

    [Fact]
    public void AutogradGrad_OfACubicTwice_GivesBothDerivatives()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new[] { 2f }, requires_grad: true);

        var first = autograd.grad([a.pow(3).sum()], [a], create_graph: true)[0];
        var second = autograd.grad([first.sum()], [a])[0];

        Assert.Equal(12f, first.item<float>());
        Assert.Equal(12f, second.item<float>());
    }

    [Fact]
    public void SetState_WithAWrongTensor_ThrowsAndKeepsTheGenerator()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var before = generator.get_state();

        Assert.ThrowsAny<ExternalException>(() => generator.set_state(ones(4, dtype: uint8)));
        Assert.ThrowsAny<ExternalException>(() => generator.set_state(ones(4)));

        Assert.True(before.eq(generator.get_state()).all().item<bool>());
    }
}
