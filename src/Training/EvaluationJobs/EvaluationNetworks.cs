using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>The figures of a point, and the networks with their digests and the images that they came from.</summary>
internal sealed record Measured(IReadOnlyDictionary<string, double> Figures, IReadOnlyDictionary<string, string> Description);

/// <summary>Opens what an evaluation needs, and measures. Synchronous; call it on a thread of its own.</summary>
internal sealed class EvaluationNetworks(IOptions<TrainingOptions> training, IOptions<EvaluationOptions> evaluation)
{
    /// <exception cref="EvaluationException">A network is missing or cannot be run on the images.</exception>
    /// <exception cref="DamagedDataException">The image set is missing or damaged.</exception>
    public Measured Measure(EvaluationPlan plan, CheckpointManifest manifest, float[] samples, long[]? labels, CancellationToken stop)
    {
        var (files, options) = (training.Value, evaluation.Value);
        if (files.Threads > 0) set_num_threads(files.Threads);
        var where = Devices.Named(files.Device, $"{TrainingOptions.Section}:{nameof(TrainingOptions.Device)}");
        using var classifier = plan.Classifier is { } name ? ClassifierFeatures.Load(files.Models, name, where) : null;
        using var script = plan.Features == EvaluationPlan.NetworkFeatures ? ScriptFeatures.Load(options.FeatureNetwork, where) : null;
        using var detector = plan.Metrics.Contains(MetricNames.Detection) ? new ScriptDetector(options.Detector, options.DetectorSize, where) : null;
        var folder = Path.Combine(files.Data, plan.Data);
        using var train = ImageSet.Open(folder, SampleMeasure.TrainSplit);
        using var reference = ImageSet.Open(folder, plan.Split);
        var features = script ?? (IFeatureNetwork?)classifier;
        var measure = new SampleMeasure(new MeasuringNetworks(features, classifier, detector, options.DetectorConfidence), train, reference, plan.Split, ReferenceCache.In(files));
        var images = ImageSource.Of(samples, manifest.Network.Channels, manifest.Network.ImageSize);
        var figures = measure.Measure(images, labels, plan.Metrics, manifest.Network.Classes, stop);
        var description = new Dictionary<string, string>(StringComparer.Ordinal) { ["dataSha256"] = train.Reference.Sha256 };
        if (features is not null) description["features"] = features.Description;
        if (classifier is not null) description["classifier"] = classifier.Description;
        if (detector is not null) description["detector"] = detector.Description;
        return new Measured(figures, description);
    }
}
