using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
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
    /// <summary>Measures a point.</summary>
    /// <param name="plan">What is measured.</param>
    /// <param name="point">Of which steps.</param>
    /// <param name="version">The version.</param>
    /// <param name="samples">Its pictures; empty where none are drawn.</param>
    /// <param name="labels">What was asked for, or null.</param>
    /// <param name="stop">Stops between two batches.</param>
    /// <exception cref="EvaluationException">A network is missing or cannot be run on the images.</exception>
    /// <exception cref="DamagedDataException">The image set is missing or damaged.</exception>
    public Measured Measure(EvaluationPlan plan, EvaluationPoint point, CheckpointVersion version, float[] samples, long[]? labels, CancellationToken stop)
    {
        var files = training.Value;
        ThreadTeam.Enter(files.Threads);
        var where = Devices.Named(files.Device, $"{TrainingOptions.Section}:{nameof(TrainingOptions.Device)}");
        using var reference = ImageSet.Open(Path.Combine(files.Data, plan.Data), plan.Split);
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var description = new Dictionary<string, string>(StringComparer.Ordinal) { ["dataSha256"] = reference.Reference.Sha256 };
        if (plan.DrawsPictures) OfSamples(plan, version.Manifest, reference, (samples, labels), where, figures, description, stop);
        if (plan.Metrics.Contains(MetricNames.Nll)) OfBound(plan, point, version, reference, where, figures, description, stop);
        if (plan.Metrics.Contains(MetricNames.FlowNll)) OfFlow(plan, version, reference, where, figures, description, stop);
        return new Measured(figures, description);
    }

    private void OfSamples(
        EvaluationPlan plan, CheckpointManifest manifest, ImageSet reference, (float[] Pictures, long[]? Labels) samples, Device where,
        SortedDictionary<string, double> figures, Dictionary<string, string> description, CancellationToken stop)
    {
        var (files, options) = (training.Value, evaluation.Value);
        using var classifier = plan.Classifier is { } name ? ClassifierFeatures.Load(files.Models, name, where) : null;
        using var script = plan.Features == EvaluationPlan.NetworkFeatures ? ScriptFeatures.Load(options.FeatureNetwork, where) : null;
        using var detector = plan.Metrics.Contains(MetricNames.Detection) ? new ScriptDetector(options.Detector, options.DetectorSize, where) : null;
        using var train = ImageSet.Open(Path.Combine(files.Data, plan.Data), SampleMeasure.TrainSplit);
        var features = script ?? (IFeatureNetwork?)classifier;
        var measure = new SampleMeasure(new MeasuringNetworks(features, classifier, detector, options.DetectorConfidence), train, reference, plan.Split, ReferenceCache.In(files));
        var images = ImageSource.Of(samples.Pictures, manifest.Network.Channels, manifest.Network.ImageSize);
        foreach (var (metric, value) in measure.Measure(images, samples.Labels, plan.Metrics, manifest.Network.Classes, stop)) figures[metric] = value;
        if (features is not null) description["features"] = features.Description;
        if (classifier is not null) description["classifier"] = classifier.Description;
        if (detector is not null) description["detector"] = detector.Description;
    }

    private static void OfBound(
        EvaluationPlan plan, EvaluationPoint point, CheckpointVersion version, ImageSet reference, Device where,
        SortedDictionary<string, double> figures, Dictionary<string, string> description, CancellationToken stop)
    {
        CheckpointStore.Verify(version);
        using var denoiser = Denoiser.Load(version, where);
        var (sampler, traits) = (SamplerCatalog.Find(point.Sampler)!, version.Manifest.Traits);
        var request = new BoundRequest(sampler.Compile(traits, new SamplingOptions(sampler, point.Steps, point.Options)), plan.Samples, plan.Seed, plan.NllCdf);
        foreach (var (metric, value) in new BitsPerDim(denoiser.Network, traits, where).Measure(request, reference, stop)) figures[metric] = value;
        Describe(plan, version, reference, description);
        description["nllCdf"] = EnumWords.Of(plan.NllCdf);
    }

    private static void OfFlow(
        EvaluationPlan plan, CheckpointVersion version, ImageSet reference, Device where,
        SortedDictionary<string, double> figures, Dictionary<string, string> description, CancellationToken stop)
    {
        CheckpointStore.Verify(version);
        using var denoiser = Denoiser.Load(version, where);
        foreach (var (metric, value) in FlowLikelihood.Of(denoiser).Measure(reference, plan.Samples, plan.Seed, stop)) figures[metric] = value;
        Describe(plan, version, reference, description);
    }

    private static void Describe(EvaluationPlan plan, CheckpointVersion version, ImageSet reference, Dictionary<string, string> description)
    {
        description["nllImages"] = Math.Min(plan.Samples, reference.Count).ToString(CultureInfo.InvariantCulture);
        if (version.Manifest.Network.Classes is not null) description["nllLabels"] = BitsPerDim.TellsLabels(version.Manifest.Network, reference.Manifest) ? "own" : "none";
    }
}
