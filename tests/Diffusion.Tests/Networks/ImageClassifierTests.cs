using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Testing;
using TorchSharp;
using TorchSharp.Modules;
using static Diffusion.Tests.Networks.SmallNetworks;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Tests.Networks;

public sealed class ImageClassifierTests
{
    private static readonly ClassifierConfig Digits = new() { ImageSize = 32, Channels = 1, Classes = 10 };
    private static readonly Scalar LearningRate = -0.2;

    [Fact]
    public void Forward_DigitShape_GivesLogitsAndFeatures()
    {
        using var classifier = new ImageClassifier(Digits);
        using var scope = NewDisposeScope();
        var x = Gaussian(1, 3, 1, 32, 32);
        Assert.Equal([3, 10], classifier.forward(x).shape);
        Assert.Equal([3, 64], classifier.Features(x).shape);
        Assert.InRange(classifier.parameters().Sum(p => p.numel()), 100_000, 200_000);
    }

    [Fact]
    public void GradientSteps_OnTwoKindsOfImage_LearnToTellThemApart()
    {
        using var classifier = new ImageClassifier(new ClassifierConfig { ImageSize = 8, Channels = 1, Classes = 2, Widths = [8, 8], FeatureWidth = 8 }, seed: 2);
        Parameter[] parameters = [.. classifier.parameters()];
        var accuracy = 0f;
        for (var step = 0; step <= 40; step++)
        {
            using var scope = NewDisposeScope();
            var labels = arange(32, dtype: ScalarType.Int64).remainder(2);
            var brightLeft = labels.view(32, 1, 1, 1).mul(arange(8).lt(4)).to(ScalarType.Float32);
            var x = Gaussian(step, 32, 1, 8, 8).add(brightLeft);
            classifier.zero_grad();
            var logits = classifier.forward(x);
            accuracy = logits.argmax(1).eq(labels).to(ScalarType.Float32).mean().item<float>();
            F.cross_entropy(logits, labels).backward();
            using var noGrad = no_grad();
            foreach (var parameter in parameters) parameter.add_(parameter.grad!, LearningRate);
        }
        Assert.True(accuracy >= 0.85, $"{accuracy}");
    }

    [Fact]
    public void Load_SavedClassifier_GivesTheSameLogits()
    {
        using var folder = new TemporaryFolder();
        using var original = new ImageClassifier(Digits, seed: 9);
        Randomise(original, 9);
        original.Save(folder["classifier.safetensors"]);
        using var loaded = ImageClassifier.Load(folder["classifier.safetensors"], CPU);
        using var scope = NewDisposeScope();
        var x = Gaussian(1, 2, 1, 32, 32);
        Assert.Equal(0, Distance(original.forward(x), loaded.forward(x)));
        Assert.False(loaded.training);
    }

    [Fact]
    public void Load_AnotherFile_IsRefused()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(folder["other.safetensors"], [new SafeTensor("a", DType.F32, [1], new byte[4])]);
        var error = Assert.Throws<CheckpointException>(() => { ImageClassifier.Load(folder["other.safetensors"], CPU); });
        Assert.Contains("not the file of a classifier", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_BrokenConfiguration_NamesTheField()
    {
        Assert.Equal("ImageSize", Assert.Throws<ArgumentException>(() => new ImageClassifier(Digits with { ImageSize = 28, Widths = [8, 8, 8] })).ParamName);
        Assert.Equal("Widths", Assert.Throws<ArgumentException>(() => new ImageClassifier(Digits with { Widths = [] })).ParamName);
        Assert.Equal("Classes", Assert.Throws<ArgumentException>(() => new ImageClassifier(Digits with { Classes = 1 })).ParamName);
    }
}
