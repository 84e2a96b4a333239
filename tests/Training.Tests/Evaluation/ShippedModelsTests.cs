using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Evaluation;

/// <summary>What is in <c>models/</c>: whole, and drawing the digits it is asked for.</summary>
public sealed class ShippedModelsTests
{
    private static readonly CheckpointStore Store = new(Repository.Path("models"), TimeProvider.System);

    [Theory]
    [InlineData("digits-ddpm")]
    [InlineData("digits-dddm")]
    public void Verify_ShippedVersion_IsWholeAndSmall(string model)
    {
        var version = Store.Find(model)!;

        CheckpointStore.Verify(version);
        Assert.InRange(new FileInfo(version.PathOf(CheckpointVersion.WeightsFile)).Length, 1, 8_000_000);
        Assert.Equal(60_000, version.Manifest.Data.Images);
    }

    [Theory]
    [InlineData("digits-ddpm", "ddim", 10)]
    [InlineData("digits-dddm", "dddm", 2)]
    [InlineData("digits-dddm", "dddm", 4)]
    public void Sample_LabelsInTurn_AreReadAsAskedFor(string model, string sampler, int steps)
    {
        set_num_threads(1);
        using var denoiser = Denoiser.Load(Store.Find(model)!, CPU);
        using var classifier = ImageClassifier.Load(Repository.Path("models", "digits-classifier", ImageJudge.FileName), CPU);
        var algorithm = SamplerCatalog.Find(sampler)!;
        var table = algorithm.Compile(denoiser.Manifest.Traits, new SamplingOptions(algorithm, steps));
        var labels = Enumerable.Range(0, 50).Select(i => (long)i % 10).ToArray();

        var images = new RowSampler(denoiser.Network, CPU).Run(table, labels, labels.Length, guidance: 1, seed: 11);
        var seen = new ImageJudge(classifier, CPU).Classes(ImageSource.Of(images, 1, 32), CancellationToken.None);

        // the seed is fixed; 46 leaves room for the kernels of another machine
        Assert.InRange(seen.Zip(labels, (s, l) => s == l).Count(right => right), 46, 50);
    }
}
