using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Modules;

public sealed class StateTests
{
    [Fact]
    public void StateDict_OfAModule_HoldsTheLiveTensors()
    {
        using var linear = Linear(2, 2);
        using var frozen = no_grad();

        linear.state_dict()["weight"].fill_(3);

        Assert.Equal(12f, linear.weight!.sum().item<float>());
    }

    [Fact]
    public void LoadStateDict_FromAnotherModule_CopiesTheValues()
    {
        using var from = new RegisteredModule();
        using var to = new RegisteredModule();
        to.load_state_dict(from.state_dict());
        using (no_grad()) from.state_dict()["scale"].fill_(100);

        var state = to.state_dict();
        foreach (var (name, value) in from.state_dict())
        {
            Assert.NotSame(value, state[name]);
            Assert.Equal(name != "scale", allclose(value, state[name]));
        }
    }

    [Fact]
    public void LoadStateDict_OfAnotherType_Converts()
    {
        using var linear = Linear(2, 1, hasBias: false);
        using var scope = NewDisposeScope();

        linear.load_state_dict(new() { ["weight"] = tensor(new[] { 0.5, -1.5 }, new long[] { 1, 2 }) });

        Assert.Equal(float32, linear.weight!.dtype);
        Assert.Equal(new[] { 0.5f, -1.5f }, linear.weight!.data<float>().ToArray());
    }

    [Fact]
    public void To_AnotherType_ConvertsParametersAndBuffers()
    {
        using var module = new RegisteredModule();

        module.to(float64);

        Assert.All(module.state_dict().Values, t => Assert.Equal(float64, t.dtype));
        Assert.All(module.parameters(), p => Assert.True(p.requires_grad));
        using var scope = NewDisposeScope();
        Assert.Equal(float64, module.call(ones(1, 2, dtype: float64)).dtype);
    }

    [Fact]
    public void ZeroGrad_AfterBackward_ClearsEveryGradient()
    {
        using var linear = Linear(2, 1);
        using var scope = NewDisposeScope();
        linear.call(ones(3, 2)).sum().backward();
        Assert.Equal(3f, linear.bias!.grad!.item<float>());

        linear.zero_grad();

        Assert.All(linear.parameters(), p => Assert.True(p.grad is null));
    }

    [Fact]
    public void TrainAndEval_OfAModule_ReachItsChildren()
    {
        using var module = new RegisteredModule();
        Assert.True(module.training);
        module.eval();
        Assert.All(module.modules(), m => Assert.False(m.training));

        module.train();

        Assert.All(module.modules(), m => Assert.True(m.training));
    }

    [Fact]
    public void RequiresGrad_OfAFrozenParameter_LeavesItWithoutAGradient()
    {
        using var linear = Linear(2, 1);
        linear.weight!.requires_grad = false;
        using var scope = NewDisposeScope();

        linear.call(ones(1, 2)).sum().backward();

        Assert.True(linear.weight!.grad is null);
        Assert.False(linear.bias!.grad is null);
    }
}
