using Diffusion.Networks;
using Diffusion.Training.Loop;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Training.Objectives;

/// <summary>Cross-entropy of a classifier on clean images.</summary>
internal sealed class ClassifierObjective(ImageClassifier network, ImageClassifier average, Device device) : IObjective
{
    public IReadOnlyDictionary<string, double> Figures { get; private set; } = new Dictionary<string, double>();

    public Tensor Loss(TrainingBatch batch)
    {
        var (logits, labels) = Judge(network, batch);
        using (no_grad())
            Figures = new Dictionary<string, double> { ["accuracy"] = Accuracy(logits, labels) };
        return F.cross_entropy(logits, labels);
    }

    public (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var (logits, labels) = Judge(average, batch);
        return (F.cross_entropy(logits, labels).item<float>(), new Dictionary<string, double> { ["validationAccuracy"] = Accuracy(logits, labels) });
    }

    public void Commit(TrainingBatch batch) { }

    public void Flush() { }

    public void Dispose() { }

    private static double Accuracy(Tensor logits, Tensor labels) => logits.argmax(1).eq(labels).sum().item<long>() / (double)labels.shape[0];

    private (Tensor Logits, Tensor Labels) Judge(ImageClassifier classifier, TrainingBatch batch)
    {
        var config = classifier.Config;
        var images = tensor(batch.Clean, [batch.Count, config.Channels, config.ImageSize, config.ImageSize]).to(device);
        return (classifier.forward(images), tensor(batch.Labels!).to(device));
    }
}
