using Diffusion.Training.Loop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Loop;

public sealed class GradientsTests
{
    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(10, 3, 4)]
    [InlineData(1, 0.6, 0.8)]
    [InlineData(2.5, 1.5, 2)]
    public void Clip_ByTheNormOfAll_ScalesTogether(double limit, double one, double other)
    {
        using Parameter a = new(zeros(1)), b = new(zeros(1));
        a.grad = tensor([3f]);
        b.grad = tensor([4f]);
        Assert.Equal(5, Gradients.Clip([a, b], limit), 6);
        Assert.Equal(one, a.grad!.item<float>(), 6);
        Assert.Equal(other, b.grad!.item<float>(), 6);
    }
}
