using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Jobs;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>Reads what is asked to be measured, fills in the defaults, and names every field that is wrong or does not fit.</summary>
internal sealed class EvaluationReader(CheckpointStore store, IOptions<TrainingOptions> training, IOptions<EvaluationOptions> options)
{
    /// <summary>Most points of one evaluation.</summary>
    public const int MostPoints = 64;

    private const int UsualSamples = 1000;

    /// <exception cref="TrainingJobException">Anything is wrong.</exception>
    public (EvaluationPlan Plan, IReadOnlyList<EvaluationPoint> Points) Read(JsonElement request, EngineLimits limits)
    {
        if (request.ValueKind != JsonValueKind.Object) throw new TrainingJobException(["model: the body must be an object with at least a model."]);
        var problems = new List<string>();
        var root = new JobFields(request, "", problems);
        var manifest = Version(root)?.Manifest;
        var samples = root.Int("samples", 2, options.Value.MaxSamples, Math.Min(UsualSamples, options.Value.MaxSamples));
        var seed = (ulong)root.Whole("seed", 0, long.MaxValue, 0);
        var asked = root.Has("metrics") ? root.WordList("metrics", MetricNames.All) : null;
        var data = root.Has("data") ? root.Name("data") : manifest?.Data.Name ?? "";
        var split = root.Text("split", "test");
        var classifier = root.Has("classifier") ? root.Name("classifier") : null;
        var features = root.Has("features") ? root.Word("features", [EvaluationPlan.ClassifierFeatures, EvaluationPlan.NetworkFeatures]) : null;
        var cdf = root.Word("nllCdf", NormalCdf.Exact);
        var points = Points(root, manifest, limits, asked is { Count: > 0 } && !asked.Any(MetricNames.OfSamples.Contains));
        root.Close();
        if (problems.Count > 0 || manifest is null) throw new TrainingJobException(problems);

        CheckImages(root, manifest, data, split);
        if (problems.Count == 0) classifier = Classifier(root, manifest, data, classifier);
        features ??= options.Value.FeatureNetwork.Length > 0 ? EvaluationPlan.NetworkFeatures : EvaluationPlan.ClassifierFeatures;
        if (features == EvaluationPlan.NetworkFeatures && options.Value.FeatureNetwork.Length == 0) root.Complain("features", "there is no feature network; Evaluation:FeatureNetwork names its file");
        var metrics = Metrics(root, manifest, asked, features, classifier);
        if (metrics.Contains(MetricNames.Nll)) CheckBound(root, points);
        else if (root.Has("nllCdf")) root.Complain("nllCdf", $"is of the metric {MetricNames.Nll}, which is not asked for");
        if (metrics.Contains(MetricNames.FlowNll) && (points.Count != 1 || points[0].Guidance != 1 || points[0].Steering.Classifier is not null))
            root.Complain("metrics", $"'{MetricNames.FlowNll}' is of the model and the same at every point; it needs one point, with guidance 1 and no classifier");
        if (problems.Count > 0) throw new TrainingJobException(problems);
        return (new EvaluationPlan(manifest.Model, manifest.Version, data, split, samples, seed, metrics, features, classifier) { NllCdf = cdf }, points);
    }

    private CheckpointVersion? Version(JobFields root)
    {
        var (model, version) = (root.Name("model"), root.TextOrNumber("version"));
        if (root.Refused) return null;
        if (store.Find(model, version) is { } found)
        {
            if (!found.Manifest.IsClassifier) return found;
            root.Complain("model", $"'{model}' is a noisy classifier, which makes no pictures");
            return null;
        }
        if (version is null || store.Versions(model).Count == 0) root.Complain("model", $"there is no model '{model}'");
        else root.Complain("version", $"'{model}' has no version or alias '{version}'");
        return null;
    }

    private IReadOnlyList<EvaluationPoint> Points(JobFields root, CheckpointManifest? manifest, EngineLimits limits, bool onlyLikelihood)
    {
        var sections = root.Sections("samplers");
        if (sections is null && onlyLikelihood && manifest is not null)
            return [new EvaluationPoint(MetricNames.BoundSampler, manifest.Schedule.Steps, new Dictionary<string, string>(), 1)];
        if (sections is null)
        {
            var usual = manifest?.Sampling ?? new SamplingDefaults(manifest?.Network.Memory == true ? "dddm" : "ddim", manifest?.Network.Memory == true ? 4 : 50);
            return [new EvaluationPoint(usual.Sampler, usual.Steps, usual.Options ?? new Dictionary<string, string>(), manifest?.Network.Classes is null ? 1 : usual.Guidance)];
        }
        if (sections.Count == 0) root.Complain("samplers", "must be one or more of {\"sampler\": ..., \"steps\": [...]}");
        var points = new List<EvaluationPoint>();
        foreach (var section in sections)
        {
            var name = section.Word("sampler", [.. SamplerCatalog.All.Select(s => s.Name)]);
            var steps = section.Ints("steps", 1, limits.MostSteps);
            var isKnown = !section.Refused;
            var values = section.Words("options");
            var guidance = section.Number("guidance", 0, limits.MostGuidance, 1);
            var steering = new SteeringReader(store, limits).Read(section, manifest, section.IsWrong("sampler") ? null : SamplerCatalog.Find(name), section.IsWrong("guidance") ? null : guidance);
            section.Close();
            if (!isKnown || manifest is null) continue;
            if (steps.Count == 0) section.Complain("steps", "must have one number or more");
            if (guidance != 1 && manifest.Network.Classes is null) section.Complain("guidance", "needs a model with labels");
            foreach (var count in steps.Distinct())
            {
                Check(section, manifest.Traits, SamplerCatalog.Find(name)!, count, values);
                points.Add(new EvaluationPoint(name, count, values, guidance) { Steering = steering });
            }
        }
        if (points.Count > MostPoints) root.Complain("samplers", $"are {points.Count} points; one evaluation has up to {MostPoints}");
        return points;
    }

    private static void CheckBound(JobFields root, IReadOnlyList<EvaluationPoint> points)
    {
        if (points.Any(p => p.Sampler != MetricNames.BoundSampler)) root.Complain("metrics", $"'{MetricNames.Nll}' needs the sampler {MetricNames.BoundSampler} at every point: only its steps have a bound");
        else if (points.Any(p => p.Guidance != 1 || p.Steering.Classifier is not null)) root.Complain("metrics", $"'{MetricNames.Nll}' needs guidance 1 and no classifier at every point: what is guided is no distribution");
        else if (points.Any(p => p.Steering.DynamicThreshold is not null)) root.Complain("metrics", $"'{MetricNames.Nll}' needs points without dynamicThreshold: it has x_0 clipped, or not, as the sampler does");
    }

    private static void Check(JobFields section, DenoiserTraits traits, ISampler sampler, int steps, IReadOnlyDictionary<string, string> values)
    {
        if (sampler.Refuses(traits) is { } refusal)
        {
            section.Complain("sampler", refusal.TrimEnd('.'));
            return;
        }
        foreach (var (name, value) in values)
        {
            var option = sampler.Options.FirstOrDefault(o => o.Name == name);
            if (option is null) section.Complain("options", $"'{sampler.Name}' has no option '{name}'; it has: {(sampler.Options.Count == 0 ? "none" : string.Join(", ", sampler.Options.Select(o => o.Name)))}");
            else if (!option.Accepts(value)) section.Complain("options", $"{name} must be {option.Allowed}, got '{value}'");
        }
        if (section.Refused) return;
        try
        {
            sampler.Compile(traits, new SamplingOptions(sampler, steps, values));
        }
        catch (SamplingOptionException wrong)
        {
            section.Complain(wrong.Field == "steps" ? "steps" : "options", wrong.Message.TrimEnd('.'));
        }
    }

    private void CheckImages(JobFields root, CheckpointManifest manifest, string data, string split)
    {
        var set = ImageSetManifest.Find(training.Value.Data, data);
        if (set is null || !set.Splits.ContainsKey(SampleMeasure.TrainSplit))
        {
            root.Complain("data", $"there is no image set '{data}' that can be used; import it first");
            return;
        }
        var network = manifest.Network;
        if ((set.Width, set.Height, set.Channels) != (network.ImageSize, network.ImageSize, network.Channels))
            root.Complain("data", $"the images of '{data}' are {set.Width}x{set.Height} of {set.Channels} channels, those of the model {network.ImageSize}x{network.ImageSize} of {network.Channels}");
        if (!set.Splits.TryGetValue(split, out var count)) root.Complain("split", $"'{data}' has: {string.Join(", ", set.Splits.Keys)}");
        else if (count < 2) root.Complain("split", $"has {count} images; two are needed");
    }

    private string? Classifier(JobFields root, CheckpointManifest manifest, string data, string? named)
    {
        var classifiers = new ClassifierShelf(training.Value.Models);
        if (named is null) return classifiers.TrainedOn(data, manifest.Network);
        if (classifiers.Misfit(named, manifest.Network) is { } reason) root.Complain("classifier", reason);
        return named;
    }

    private List<string> Metrics(JobFields root, CheckpointManifest manifest, IReadOnlyList<string>? asked, string features, string? classifier)
    {
        var metrics = new List<string>();
        foreach (var metric in asked ?? MetricNames.OfSamples)
        {
            var missing = metric switch
            {
                MetricNames.Frechet or MetricNames.PrecisionRecall or MetricNames.DensityCoverage or MetricNames.Diversity or MetricNames.ClassScore
                    when classifier is null && features == EvaluationPlan.ClassifierFeatures => "needs a classifier that was trained on these images; name one in 'classifier', or train one",
                MetricNames.ClassScore when classifier is null && !IsInception() => "needs a classifier, or the public Inception file",
                MetricNames.LabelAccuracy when manifest.Network.Classes is null => "needs a model with labels",
                MetricNames.LabelAccuracy when classifier is null => "needs a classifier that was trained on these images",
                MetricNames.FlowNll => FlowLikelihood.Missing(manifest.Network),
                MetricNames.Detection when options.Value.Detector.Length == 0 => "needs a detector; Evaluation:Detector names its file",
                _ => null,
            };
            if (missing is null) metrics.Add(metric);
            else if (asked is not null) root.Complain("metrics", $"'{metric}' {missing}");
        }
        if (metrics.Count == 0 && asked is null) root.Complain("metrics", "nothing can be measured here");
        return metrics;
    }

    private bool IsInception() => options.Value.FeatureNetwork is { Length: > 0 } path && File.Exists(path) && ScriptFeatures.DigestOf(path) == ScriptFeatures.PublicInception;
}
