using Diffusion.Kernels;
using static TorchSharp.torch;

namespace Diffusion.Tests.Kernels;

public sealed class OperatorProfileTests
{
    [Fact]
    public void Of_Work_CountsEachOperatorWithoutWhatItCalls()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (rand(2, 3, 8, 8), rand(4, 3, 3, 3));
        var operators = OperatorProfile.Of(() =>
        {
            for (var k = 0; k < 3; k++) x.exp();
            nn.functional.conv2d(x, weight);
        });
        Assert.Equal(3, Assert.Single(operators, o => o.Name == "aten::exp").Calls);
        // conv2d calls convolution, which calls what does the work
        Assert.Equal(1, Assert.Single(operators, o => o.Name == "aten::conv2d").Calls);
        Assert.Equal(1, Assert.Single(operators, o => o.Name == "aten::convolution").Calls);
        Assert.Equal(operators.OrderByDescending(o => o.Milliseconds), operators);
        Assert.All(operators, o => Assert.True(o.Milliseconds >= 0));
    }

    [Fact]
    public void Of_WorkThatFails_LeavesTheThreadFreeForTheNextProfile()
    {
        Assert.Throws<InvalidDataException>(() => OperatorProfile.Of(() => throw new InvalidDataException()));
        Assert.Empty(OperatorProfile.Of(() => { }));
    }
}
