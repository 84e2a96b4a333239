using Diffusion.Noise;
using Diffusion.Training.Data;

namespace Diffusion.Training.Evaluation;

/// <summary>Networks that see what is in images; null where there is none.</summary>
/// <param name="Features">For distances, neighbours and, if it has classes, the class score; null where none of them is measured.</param>
/// <param name="Classifier">For label accuracy, and the class score where <paramref name="Features"/> has no classes.</param>
/// <param name="Detector">For the detection rate.</param>
/// <param name="Confidence">The lowest confidence of a detection that counts.</param>
internal sealed record MeasuringNetworks(IFeatureNetwork? Features, ClassifierFeatures? Classifier, ScriptDetector? Detector, double Confidence);

/// <summary>Measures samples against an image set, every figure by name.</summary>
/// <param name="networks">What sees.</param>
/// <param name="train">The images the model was trained on.</param>
/// <param name="reference">The split to compare with.</param>
/// <param name="split">Its name.</param>
/// <param name="cache">References that were computed before.</param>
internal sealed class SampleMeasure(MeasuringNetworks networks, ImageSet train, ImageSet reference, string split, ReferenceCache cache)
{
    /// <summary>The split that models are trained on.</summary>
    public const string TrainSplit = "train";

    private Reference? known;
    private (int Count, double Distance)? ceiling;

    /// <summary>Which of the metrics can be measured, and why not the others.</summary>
    /// <param name="metric">One of <see cref="MetricNames"/>.</param>
    /// <param name="isLabelled">Whether the samples have labels.</param>
    /// <returns>What is missing, or null.</returns>
    public string? Missing(string metric, bool isLabelled) => metric switch
    {
        MetricNames.LabelAccuracy when !isLabelled => "the model knows no labels",
        MetricNames.LabelAccuracy or MetricNames.ClassScore when networks.Classifier is null && !HasScore(metric) => "there is no classifier for these images",
        MetricNames.Detection when networks.Detector is null => "no detector is set",
        _ => null,
    };

    private bool HasScore(string metric) => metric == MetricNames.ClassScore && networks.Features?.Score == "inception-score";

    private IFeatureNetwork Features => networks.Features ?? throw new EvaluationException("There is neither a feature network nor a classifier.");

    /// <summary>The figures of some samples.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="labels">What was asked for, or null.</param>
    /// <param name="metrics">Of <see cref="MetricNames"/>, none that is <see cref="Missing"/>.</param>
    /// <param name="classes">Classes of the model: real images beside the samples have their labels in turn, as those have.</param>
    /// <param name="stop">Stops between two batches.</param>
    /// <exception cref="EvaluationException">A network cannot be run on the images.</exception>
    public SortedDictionary<string, double> Measure(ImageSource samples, long[]? labels, IReadOnlyCollection<string> metrics, int? classes, CancellationToken stop)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (metrics.Any(m => m is MetricNames.Frechet or MetricNames.PrecisionRecall or MetricNames.DensityCoverage or MetricNames.Diversity))
        {
            var real = known ??= cache.Get(reference, split, Features, stop);
            var seen = Features.Features(samples, stop);
            if (metrics.Contains(MetricNames.Frechet)) AddFrechet(figures, real, seen, samples, classes, stop);
            if (metrics.Contains(MetricNames.PrecisionRecall) || metrics.Contains(MetricNames.DensityCoverage)) AddManifold(figures, real, seen, metrics, stop);
            if (metrics.Contains(MetricNames.Diversity)) AddDiversity(figures, real, seen, labels, stop);
        }
        if (metrics.Contains(MetricNames.ClassScore)) AddScore(figures, samples, stop);
        if (metrics.Contains(MetricNames.LabelAccuracy) && labels is not null)
        {
            var found = ImageJudge.MostProbable(networks.Classifier!.Probabilities(samples, stop));
            figures[MetricNames.LabelAccuracy] = (double)found.Where((c, i) => c == labels[i]).Count() / samples.Count;
        }
        if (metrics.Contains(MetricNames.NearestImage)) AddNearest(figures, samples, classes, stop);
        if (metrics.Contains(MetricNames.Detection)) AddDetection(figures, samples, classes, stop);
        return figures;
    }

    private void AddFrechet(SortedDictionary<string, double> figures, Reference real, Vectors seen, ImageSource samples, int? classes, CancellationToken stop)
    {
        var name = Features.Distance;
        figures[name] = new GaussianFit(seen.Values, seen.Width).FrechetDistance(real.Fit);
        var floor = Features.Features(ImageSource.Of(train, LabelTurns.Choose(train, seen.Count, classes)), stop);
        if (floor.Count >= 2) figures[$"{name}.floor"] = new GaussianFit(floor.Values, floor.Width).FrechetDistance(real.Fit);
        if (ceiling?.Count != seen.Count)
        {
            var noise = Features.Features(Noise(samples), stop);
            ceiling = (noise.Count, new GaussianFit(noise.Values, noise.Width).FrechetDistance(real.Fit));
        }
        figures[$"{name}.ceiling"] = ceiling.Value.Distance;
    }

    private void AddDiversity(SortedDictionary<string, double> figures, Reference real, Vectors seen, long[]? labels, CancellationToken stop)
    {
        var name = MetricNames.Diversity + Features.Suffix;
        var drawn = Evaluation.Diversity.Of(First(seen, Reference.MostFeatures), labels, stop);
        figures[name] = drawn.All;
        if (drawn.Within is { } within) figures[$"{name}.within"] = within;
        if (real.Features.Count >= 2) figures[$"{name}.real"] = Evaluation.Diversity.Of(First(real.Features, seen.Count), null, stop).All;
    }

    private static Vectors First(Vectors of, int most) => of.Count <= most ? of : of with { Values = of.Values[..(most * of.Width)] };

    private void AddManifold(SortedDictionary<string, double> figures, Reference real, Vectors seen, IReadOnlyCollection<string> metrics, CancellationToken stop)
    {
        var beside = Math.Min(seen.Count, real.Features.Count);
        if (beside <= Manifold.DensityNeighbours) throw new EvaluationException($"Nearest neighbours need more than {Manifold.DensityNeighbours} samples and real images, got {beside}.");
        var found = Manifold.Of(new Vectors(real.Features.Values[..(beside * seen.Width)], seen.Width), seen, stop);
        var suffix = Features.Suffix;
        if (metrics.Contains(MetricNames.PrecisionRecall)) (figures["precision" + suffix], figures["recall" + suffix]) = (found.Precision, found.Recall);
        if (metrics.Contains(MetricNames.DensityCoverage)) (figures["density" + suffix], figures["coverage" + suffix]) = (found.Density, found.Coverage);
    }

    private void AddScore(SortedDictionary<string, double> figures, ImageSource samples, CancellationToken stop)
    {
        var (name, found) = networks.Features?.Probabilities(samples, stop) is { } own
            ? (Features.Score, own)
            : (networks.Classifier!.Score, networks.Classifier.Probabilities(samples, stop));
        var score = Evaluation.ClassScore.Of(found.Values, found.Width, Math.Min(Evaluation.ClassScore.UsualParts, found.Count));
        (figures[name], figures[$"{name}.deviation"]) = (score.Mean, score.Deviation);
    }

    private void AddNearest(SortedDictionary<string, double> figures, ImageSource samples, int? classes, CancellationToken stop)
    {
        var unseen = split == TrainSplit ? null : ImageSource.Of(reference, LabelTurns.Choose(reference, samples.Count, classes));
        var drawn = new NearestImage(All(samples), samples.Pixels);
        var real = unseen is null ? null : new NearestImage(All(unseen), samples.Pixels);
        var image = new float[train.Pixels];
        for (var i = 0; i < train.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            train.Read(i, image);
            drawn.Show(image);
            real?.Show(image);
        }
        figures[MetricNames.NearestImage] = drawn.Distances.Average();
        figures[$"{MetricNames.NearestImage}.least"] = drawn.Distances.Min();
        if (real is { Distances.Count: > 0 }) figures[$"{MetricNames.NearestImage}.real"] = real.Distances.Average();
    }

    private void AddDetection(SortedDictionary<string, double> figures, ImageSource samples, int? classes, CancellationToken stop)
    {
        var rate = new DetectionRate(Rate(samples), Rate(ImageSource.Of(reference, LabelTurns.Choose(reference, samples.Count, classes))), Rate(Noise(samples)));
        (figures["detection-rate"], figures["detection-rate.real"], figures["detection-rate.noise"]) = (rate.Samples, rate.Real, rate.Noise);

        double Rate(ImageSource images) => DetectionRate.Of(networks.Detector!.Confidences(images, stop), networks.Confidence);
    }

    /// <summary>As many pictures of noise, in the range of pictures: what a sampler begins with.</summary>
    private static ImageSource Noise(ImageSource samples) => samples with
    {
        Read = (first, into) =>
        {
            for (var i = 0; i < into.Length / samples.Pixels; i++)
                SeededNoise.Normal(0, (uint)(first + i), 0, NoisePurpose.Start, into.AsSpan(i * samples.Pixels, samples.Pixels));
            for (var i = 0; i < into.Length; i++) into[i] = Math.Clamp(into[i], -1f, 1f);
        },
    };

    private static float[] All(ImageSource images)
    {
        var all = new float[(long)images.Count * images.Pixels];
        images.Read(0, all);
        return all;
    }
}
