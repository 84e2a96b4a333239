using static TorchSharp.torch;

namespace Shims.Tests.Torch.Data;

public sealed class GeneratorTests
{
    [Fact]
    public void Randn_WithOneSeed_IsRepeatable()
    {
        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
    }

    [Fact]
    public void Randn_OfTwoGenerators_DoNotDisturbEachOther()
    {
        using var scope = NewDisposeScope();
        using var a = new Generator(5);
        using var b = new Generator(6);
        var first = randn(16, generator: a).data<float>().ToArray();
        randn(16, generator: b);
        randn(16);
        var second = randn(16, generator: a).data<float>().ToArray();

        using var again = new Generator(5);
        Assert.Equal(first, randn(16, generator: again).data<float>().ToArray());
        Assert.Equal(second, randn(16, generator: again).data<float>().ToArray());
    }

    [Fact]
    public void State_SetBack_RepeatsTheNumbers()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var state = generator.get_state();
        var first = randn(20, generator: generator).data<float>().ToArray();
        generator.set_state(state);

        Assert.Equal(first, randn(20, generator: generator).data<float>().ToArray());
    }

    [Fact]
    public void ManualSeed_OfAGenerator_StartsItAnew()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        randn(7, generator: generator);

        Assert.Same(generator, generator.manual_seed(5));

        Assert.Equal(5, generator.initial_seed());
        Assert.Equal(Draw(5), randn(32, generator: generator).data<float>().ToArray());
    }

    [Fact]
    public void ManualSeed_OfTorch_SeedsTheDefaultGenerator()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);

        Assert.Equal(Draw(5), randn(32).data<float>().ToArray());
    }

    private static float[] Draw(ulong seed)
    {
        using var generator = new Generator(seed);
        using var numbers = randn(32, generator: generator);
        return numbers.data<float>().ToArray();
    }
}
