using Diffusion.Networks;
using TorchSharp;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;

namespace Diffusion.Tests.Networks;

public sealed class UNetTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Forward_FreshNetwork_ReturnsExactlyZero(bool scaleShift, bool resampleInBlocks)
    {
        using var network = new UNet(Config with { ScaleShift = scaleShift, ResampleInBlocks = resampleInBlocks });
        using var scope = NewDisposeScope();
        var output = network.forward(Gaussian(1, 2, 1, 8, 8), tensor([0L, 999L]), tensor([0L, 3L]), Gaussian(2, 2, 1, 8, 8));
        Assert.Equal(0, output.abs().max().item<float>());
    }

    /// <summary>
    /// The CIFAR-10 network of Ho et al. 2020 has 35.7 million parameters: 128 channels, times 1, 2, 2, 2, two blocks a level, one head at 16x16. Every weight has as
    /// many inputs and outputs as a multiple of the width, so that narrow networks say what a wide one has: a w^2 + b w + c.
    /// </summary>
    [Fact]
    public void Parameters_OfThePublishedCifarNetwork_AreAsManyAsItsPaperSays()
    {
        static double Count(int width)
        {
            using var network = new UNet(new UNetConfig
            {
                ImageSize = 32,
                Channels = 3,
                ModelChannels = width,
                ChannelMultipliers = [1, 2, 2, 2],
                AttentionResolutions = [16],
                HeadChannels = 2 * width,
                Dropout = 0.1,
                ScaleShift = false,
                ResampleInBlocks = false,
            });
            return network.parameters().Sum(p => (double)p.numel());
        }
        var (one, two, three) = (Count(8), Count(16), Count(24));
        double At(int width)
        {
            var k = width / 8.0 - 1;
            return one + k * (two - one) + k * (k - 1) / 2 * (three - 2 * two + one);
        }
        Assert.Equal(Count(32), At(32));
        Assert.Equal(35_746_307, At(128));
    }

    [Theory]
    [InlineData(1, false, 1)]
    [InlineData(3, false, 3)]
    [InlineData(3, true, 6)]
    public void Forward_AnyConfiguration_HasTheShapeOfTheImage(int channels, bool learnedVariance, int expected)
    {
        using var network = Random(Config with { Channels = channels, LearnedVariance = learnedVariance, Memory = false });
        using var scope = NewDisposeScope();
        var output = network.forward(Gaussian(1, 5, channels, 8, 8), zeros(5));
        Assert.Equal([5, expected, 8, 8], output.shape);
        Assert.Equal(ScalarType.Float32, output.dtype);
    }

    [Fact]
    public void Forward_NullLabel_DiffersFromEveryClassAndEqualsNoLabels()
    {
        using var network = Random(Config);
        using var scope = NewDisposeScope();
        var outputs = Enumerable.Range(0, 4).Select(label => Evaluate(network, tensor([(long)label]))).ToArray();
        for (var label = 0; label < 3; label++) Assert.True(Distance(outputs[label], outputs[3]) > 1e-3, $"class {label}");
        Assert.Equal(0, Distance(outputs[3], Evaluate(network, null)));
    }

    [Fact]
    public void Forward_OtherMemory_ChangesTheOutput()
    {
        using var network = Random(Config);
        using var scope = NewDisposeScope();
        var (x, time) = (Gaussian(1, 1, 1, 8, 8), tensor([500L]));
        Assert.True(Distance(network.forward(x, time, null, Gaussian(2, 1, 1, 8, 8)), network.forward(x, time, null, Gaussian(3, 1, 1, 8, 8))) > 1e-3);
    }

    [Fact]
    public void Forward_OtherTime_ChangesTheOutputAndTheNumberTypeDoesNot()
    {
        using var network = Random(Config with { Memory = false });
        using var scope = NewDisposeScope();
        var x = Gaussian(1, 1, 1, 8, 8);
        Assert.True(Distance(network.forward(x, tensor([1L])), network.forward(x, tensor([2L]))) > 1e-4);
        Assert.Equal(0, Distance(network.forward(x, tensor([7L])), network.forward(x, tensor([7f]))));
    }

    [Fact]
    public void Forward_RowOfABatch_EqualsTheRowAlone()
    {
        using var network = Random(Config);
        using var scope = NewDisposeScope();
        var (x, memory) = (Gaussian(1, 8, 1, 8, 8), Gaussian(2, 8, 1, 8, 8));
        var (time, labels) = (tensor([0L, 1, 10, 100, 500, 900, 998, 999]), tensor([0L, 1, 2, 3, 0, 1, 2, 3]));
        var all = network.forward(x, time, labels, memory);
        for (var i = 0; i < 8; i++)
        {
            var alone = network.forward(x.narrow(0, i, 1), time.narrow(0, i, 1), labels.narrow(0, i, 1), memory.narrow(0, i, 1));
            Assert.True(Distance(alone, all.narrow(0, i, 1)) <= 1e-5 * Math.Max(1, alone.abs().max().item<float>()), $"row {i}");
        }
    }

    [Fact]
    public void Forward_Dropout_ActsInTrainingOnly()
    {
        using var network = Random(Config with { Dropout = 0.5 });
        using var scope = NewDisposeScope();
        var labels = tensor([1L]);
        network.train();
        Assert.True(Distance(Evaluate(network, labels), Evaluate(network, labels)) > 1e-3);
        network.eval();
        Assert.Equal(0, Distance(Evaluate(network, labels), Evaluate(network, labels)));
    }

    [Fact]
    public void Forward_WrongInput_NamesIt()
    {
        using UNet network = new(Config), unconditional = new(Config with { Classes = null, Memory = false });
        using var scope = NewDisposeScope();
        var (x, time) = (Gaussian(1, 2, 1, 8, 8), zeros(2));
        Assert.Equal("x", Assert.Throws<ArgumentException>(() => network.forward(Gaussian(1, 2, 1, 8, 9), time, null, x)).ParamName);
        Assert.Equal("timeIndex", Assert.Throws<ArgumentException>(() => network.forward(x, zeros(1), null, x)).ParamName);
        Assert.Equal("labels", Assert.Throws<ArgumentException>(() => network.forward(x, time, zeros(2), x)).ParamName);
        Assert.Equal("memory", Assert.Throws<ArgumentException>(() => network.forward(x, time)).ParamName);
        Assert.Equal("memory", Assert.Throws<ArgumentException>(() => network.forward(x, time, null, Gaussian(1, 1, 1, 8, 8))).ParamName);
        Assert.Equal("memory", Assert.Throws<ArgumentException>(() => unconditional.forward(x, time, null, x)).ParamName);
        Assert.Equal("labels", Assert.Throws<ArgumentException>(() => unconditional.forward(x, time, tensor([0L, 1L]))).ParamName);
    }

    private static Tensor Evaluate(UNet network, Tensor? labels) =>
        network.forward(Gaussian(1, 1, 1, 8, 8), tensor([500L]), labels, Gaussian(2, 1, 1, 8, 8));
}
