using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Modules;

public sealed class DropoutTests
{
    [Fact]
    public void Dropout_InTraining_ZeroesItsShareAndScalesTheRest()
    {
        using var dropout = Dropout(0.25);
        using var scope = NewDisposeScope();
        manual_seed(1);

        var values = dropout.call(ones(10_000)).data<float>().ToArray();

        Assert.All(values, v => Assert.True(v is 0 || Math.Abs(v - 1 / 0.75f) < 1e-6));
        Assert.InRange(values.Count(v => v == 0), 2300, 2700);
    }

    [Fact]
    public void Dropout_InEvaluation_ChangesNothing()
    {
        using var dropout = Dropout(0.25);
        using var scope = NewDisposeScope();
        dropout.eval();

        Assert.All(dropout.call(ones(1000)).data<float>().ToArray(), v => Assert.Equal(1f, v));
    }

    [Fact]
    public void Dropout_WithOneSeed_IsRepeatable()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var first = F.dropout(ones(100), 0.5).data<float>().ToArray();
        manual_seed(4);

        Assert.Equal(first, F.dropout(ones(100), 0.5).data<float>().ToArray());
    }

    [Fact]
    public void Dropout_InASequence_FollowsTheModulesMode()
    {
        using var sequence = Sequential(Dropout(0.5), Identity());
        using var scope = NewDisposeScope();
        sequence.eval();
        Assert.Equal(100f, sequence.call(ones(100)).sum().item<float>());

        sequence.train();

        Assert.Contains(0f, sequence.call(ones(100)).data<float>().ToArray());
    }
}
