using Diffusion.Networks;
using Diffusion.Training.Loop;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Training.Objectives;

/// <summary>Cross-entropy of a classifier on clean images.</summary>
internal sealed class ClassifierObjective(ImageClassifier network, Device device) : IObjective
{
    public IReadOnlyDictionary<string, double> Figures { get; private set; } = new Dictionary<string, double>();

    public Tensor Loss(TrainingBatch batch)
    {
        var config = network.Config;
        var images = tensor(batch.Clean, [batch.Count, config.Channels, config.ImageSize, config.ImageSize]).to(device);
        var labels = tensor(batch.Labels!).to(device);
        var logits = network.forward(images);
        using (no_grad())
            Figures = new Dictionary<string, double> { ["accuracy"] = logits.argmax(1).eq(labels).sum().item<long>() / (double)batch.Count };
        return F.cross_entropy(logits, labels);
    }

    public void Commit(TrainingBatch batch) { }

    public void Flush() { }

    public void Dispose() { }
}
