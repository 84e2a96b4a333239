using Diffusion.Networks;
using Diffusion.Training.Loop;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Training.Objectives;

/// <summary>Cross-entropy of a classifier that sees x_t and t, with t uniform (Dhariwal and Nichol 2021, section 4).</summary>
internal sealed class NoisyClassifierObjective(NoisyClassifier network, NoisyClassifier average, Device device) : IObjective
{
    private readonly Inputs inputs = new(network.Config, device);

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

    private (Tensor Logits, Tensor Labels) Judge(NoisyClassifier classifier, TrainingBatch batch) =>
        (classifier.forward(inputs.Images(batch.Noisy), inputs.TimeIndex(batch.Times)), inputs.Labels(batch.Labels)!);
}
