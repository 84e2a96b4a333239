using Diffusion.Networks;
using Diffusion.Training.Files;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>The features and classes of a classifier that was trained here. Distances on them are no FID.</summary>
internal sealed class ClassifierFeatures : IFeatureNetwork
{
    private readonly ImageClassifier classifier;
    private readonly Device device;

    private ClassifierFeatures(ImageClassifier classifier, Device device, string name, string digest) =>
        (this.classifier, this.device, Name, Digest) = (classifier, device, name, digest);

    /// <summary>The folder it lies in.</summary>
    public string Name { get; }

    public string Digest { get; }

    public string Distance => "frechet";

    public string Suffix => "";

    public string Score => "class-score";

    public string Description => $"{Name} {Digest}";

    /// <summary>Opens <c>MODELS/NAME/classifier.safetensors</c>. Call outside any dispose scope.</summary>
    public static ClassifierFeatures Load(string models, string name, Device device)
    {
        var path = Path.Combine(models, name, ImageJudge.FileName);
        return new ClassifierFeatures(ImageClassifier.Load(path, device), device, name, DurableFile.Digest(path).Sha256);
    }

    public Vectors Features(ImageSource images, CancellationToken stop) => images.Run(device, classifier.Features, Name, stop);

    public Vectors Probabilities(ImageSource images, CancellationToken stop) =>
        images.Run(device, x => nn.functional.softmax(classifier.forward(x).to_type(ScalarType.Float64), 1), Name, stop);

    Vectors? IFeatureNetwork.Probabilities(ImageSource images, CancellationToken stop) => Probabilities(images, stop);

    public void Dispose() => classifier.Dispose();
}
