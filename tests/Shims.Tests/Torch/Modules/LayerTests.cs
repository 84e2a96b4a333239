using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Modules;

/// <summary>Layers start as PyTorch's do, and compute what the functions do.</summary>
public sealed class LayerTests
{
    [Fact]
    public void LinearAndConv_New_AreUniformWithinTheBoundOfTheirFanIn()
    {
        manual_seed(3);
        using var linear = Linear(100, 200);
        using var conv = Conv2d(4, 64, 5);

        foreach (var weights in new[] { linear.weight!, linear.bias!, conv.weight!, conv.bias! })
        {
            var values = weights.data<float>().ToArray();
            Assert.InRange(values.Max(Math.Abs), 0.08f, 0.1f);
            Assert.InRange(values.Average(), -0.015f, 0.015f);
        }
    }

    [Fact]
    public void LayerNormAndEmbedding_New_HavePyTorchsStart()
    {
        manual_seed(3);
        using var norm = LayerNorm(8);
        using var embedding = Embedding(100, 50);

        Assert.All(norm.weight!.data<float>().ToArray(), v => Assert.Equal(1f, v));
        Assert.All(norm.bias!.data<float>().ToArray(), v => Assert.Equal(0f, v));
        Assert.InRange(embedding.weight!.std().item<float>(), 0.95f, 1.05f);
    }

    [Fact]
    [Trait("Torch", "system")]
    public void GroupNorm_New_ShowsThatItWasNotInitialised()
    {
        using var norm = GroupNorm(2, 4);

        Assert.All(norm.weight!.data<float>().ToArray(), v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void Layers_Called_EqualTheirFunctions()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        using var conv = Conv2d(4, 6, 3, stride: 2, padding: 1, groups: 2);
        using var linear = Linear(4, 3);
        using var norm = GroupNorm(2, 4, eps: 1e-4);
        init.normal_(norm.weight!, 1, 0.1, generator);
        init.zeros_(norm.bias!);
        var image = randn(2, 4, 6, 6, generator: generator);
        var rows = randn(2, 4, generator: generator);

        Assert.True(allclose(F.conv2d(image, conv.weight!, conv.bias, strides: [2, 2], padding: [1, 1], groups: 2), conv.call(image)));
        Assert.True(allclose(F.linear(rows, linear.weight!, linear.bias), linear.call(rows)));
        Assert.True(allclose(F.group_norm(image, 2, norm.weight, norm.bias, 1e-4), norm.call(image)));
    }

    [Fact]
    public void Embedding_Backward_CountsEachRow()
    {
        using var embedding = Embedding(4, 2);
        using var scope = NewDisposeScope();

        embedding.call(tensor(new[] { 3L, 0L, 3L })).sum().backward();

        Assert.Equal(new[] { 1f, 1f, 0f, 0f, 0f, 0f, 2f, 2f }, embedding.weight!.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Init_OfATensor_FillsItInPlaceAndKeepsItsGradient()
    {
        using var scope = NewDisposeScope();
        using var parameter = new Parameter(empty(40, 50));
        manual_seed(9);

        init.normal_(parameter, 1, 0.5);

        Assert.InRange(parameter.mean().item<float>(), 0.95f, 1.05f);
        Assert.InRange(parameter.std().item<float>(), 0.47f, 0.53f);
        Assert.Equal(6f, init.ones_(empty(2, 3)).sum().item<float>());
        Assert.Equal(3f, init.constant_(empty(2), 1.5).sum().item<float>());
        Assert.True(parameter.requires_grad && parameter.is_leaf);
    }
}
