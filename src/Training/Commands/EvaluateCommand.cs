using System.Globalization;
using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Guidance;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;
using static TorchSharp.torch;

namespace Diffusion.Training.Commands;

/// <summary><c>evaluate</c>: measures a model version with one sampler at one or more step counts.</summary>
internal static class EvaluateCommand
{
    public const string Usage =
        "evaluate --model M [--version V] [--sampler ddim] [--steps 1,2,4,10,50] [--options eta=0,spacing=trailing] [--guidance 1] [--guidance-rescale 0] [--guidance-parallel 1] [--dynamic-threshold 0.995] "
        + "[--guiding-classifier NAME[@VERSION]] [--classifier-scale 0,1,2,4] [--samples 1000] [--seed 0] "
        + "[--metrics frechet,label-accuracy,nll,nll.ode] [--nll-cdf exact|tanh] [--split test] [--classifier digits-classifier] [--feature-network FILE.pt] [--detector FILE.pt] "
        + "[--detector-size 0] [--confidence 0.8] [--out FILE.ndjson] [--data DIR] [--models DIR] [--threads N] [--device D] [--precision float32|bfloat16|float16] [--tf32 off|on]";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<int> RunAsync(CommandArguments arguments, TrainingOptions options, CancellationToken stop)
    {
        var (model, version) = (arguments.Text("model", ""), arguments.Text("version", ""));
        var plan = Plan.Read(arguments);
        var requests = Requests(arguments, plan.BoundCdf);
        if (plan.Metrics.Contains(MetricNames.Nll) && requests.Any(r => r.Sampler != MetricNames.BoundSampler || r.IsGuided || r.Threshold is not null))
            throw new CommandException($"--metrics: nll needs --sampler {MetricNames.BoundSampler} without guidance and --dynamic-threshold: only its steps have a bound.");
        if (plan.Metrics.Contains(MetricNames.FlowNll) && (requests.Length > 1 || requests[0].IsGuided))
            throw new CommandException($"--metrics: {MetricNames.FlowNll} is of the model and the same at every point; give one step count, without guidance.");
        var guiding = arguments.Text("guiding-classifier", "");
        if (guiding == "" && requests.Any(r => r.ClassifierScale != 0)) throw new CommandException("--classifier-scale needs a --guiding-classifier.");
        var output = arguments.Text("out", "");
        var precision = arguments.Choice("precision", "float32", [.. Precision.Names]);
        arguments.Close(positions: 0);
        var store = new CheckpointStore(options.Models, TimeProvider.System);
        var found = store.Find(model, version) ?? throw new CommandException($"There is no {(version == "" ? "" : $"version {version} of ")}model '{model}' in {store.Root}.");
        if (plan.Metrics.Contains(MetricNames.FlowNll) && FlowLikelihood.Missing(found.Manifest.Network) is { } reason) throw new CommandException($"--metrics: {MetricNames.FlowNll} {reason}.");
        var guide = guiding == "" ? null : SteeringReader.Find(store, guiding) ?? throw new CommandException($"--guiding-classifier: there is no '{guiding}' in {store.Root}.");
        if (guide is not null && SteeringReader.Misfit(guide, found.Manifest) is { } misfit) throw new CommandException($"--guiding-classifier: '{guiding}' {misfit}.");
        if (guide is not null && SamplerCatalog.Find(requests[0].Sampler) is { TakesClassifier: false }) throw new CommandException($"--guiding-classifier: the sampler {requests[0].Sampler} takes none.");
        await DedicatedThread.Run("evaluation", () =>
        {
            Measure(found, guide, plan, requests, options, precision, output, stop);
            return 0;
        });
        return 0;
    }

    private static void Measure(CheckpointVersion version, CheckpointVersion? guide, Plan plan, EvaluationRequest[] requests, TrainingOptions options, string precision, string output, CancellationToken stop)
    {
        ThreadTeam.Enter(options.Threads);
        var where = Devices.Named(options.Device, "device");
        CheckpointStore.Verify(version);
        using var denoiser = Denoiser.Load(version, where, Precision.Named(precision, where, "--precision"));
        using var guiding = guide is null ? null : GuidingClassifier.Load(guide, where);
        using var classifier = plan.DrawsSamples ? ClassifierFeatures.Load(options.Models, plan.Classifier, where) : null;
        using var script = plan.FeatureNetwork is null ? null : ScriptFeatures.Load(plan.FeatureNetwork, where);
        using var detector = plan.Detector is null ? null : new ScriptDetector(plan.Detector, plan.DetectorSize, where);
        var folder = Path.Combine(options.Data, version.Manifest.Data.Name);
        using var train = ImageSet.Open(folder, SampleMeasure.TrainSplit);
        using var split = ImageSet.Open(folder, plan.Split);
        var measure = new SampleMeasure(new MeasuringNetworks(script ?? (IFeatureNetwork?)classifier, classifier, detector, plan.Confidence), train, split, plan.Split, ReferenceCache.In(options));
        var metrics = plan.Metrics.Where(m => measure.Missing(m, version.Manifest.Network.Classes is not null) is null || m != MetricNames.LabelAccuracy).ToArray();
        if (metrics.Select(m => measure.Missing(m, isLabelled: true)).FirstOrDefault(m => m is not null) is { } missing) throw new CommandException($"--metrics: {missing}.");
        var evaluator = new Evaluator(denoiser, measure, split, TimeProvider.System) { Guiding = guiding };
        Console.WriteLine(MarkdownHead);
        foreach (var request in requests)
        {
            var row = evaluator.Measure(request, metrics, stop);
            Console.WriteLine(Markdown(row));
            if (output != "") File.AppendAllText(output, JsonSerializer.Serialize(row, Json) + "\n");
        }
    }

    private sealed record Plan(string[] Metrics, string Split, string Classifier, string? FeatureNetwork, string? Detector, int DetectorSize, double Confidence, NormalCdf BoundCdf)
    {
        public bool DrawsSamples => Metrics.Any(MetricNames.OfSamples.Contains);

        public static Plan Read(CommandArguments arguments)
        {
            var metrics = arguments.Text("metrics", $"{MetricNames.Frechet},{MetricNames.LabelAccuracy}").Split(',', StringSplitOptions.RemoveEmptyEntries);
            if (metrics.FirstOrDefault(m => !MetricNames.All.Contains(m)) is { } unknown)
                throw new CommandException($"--metrics: there is no '{unknown}'; there are: {string.Join(", ", MetricNames.All)}.");
            var cdf = EnumWords.Parse<NormalCdf>(arguments.Choice("nll-cdf", EnumWords.Of(NormalCdf.Exact), [.. EnumWords.All<NormalCdf>()]));
            if (cdf != NormalCdf.Exact && !metrics.Contains(MetricNames.Nll)) throw new CommandException($"--nll-cdf is of the metric {MetricNames.Nll}, which --metrics does not name.");
            return new Plan(
                metrics, arguments.Text("split", "test"), arguments.Text("classifier", "digits-classifier"), File("feature-network"), File("detector"),
                arguments.Int("detector-size", 0, 0), arguments.Number("confidence", 0, 0.8), cdf);

            string? File(string name) => arguments.Text(name, "") is { Length: > 0 } path ? path : null;
        }
    }

    private static EvaluationRequest[] Requests(CommandArguments arguments, NormalCdf cdf)
    {
        var sampler = arguments.Text("sampler", "ddim");
        var options = arguments.Text("options", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=', 2)).ToArray();
        if (options.FirstOrDefault(o => o.Length != 2) is { } bad) throw new CommandException($"--options: '{bad[0]}' has no value; write name=value,name=value.");
        var named = options.ToDictionary(o => o[0], o => o[1]);
        var (guidance, samples, seed) = (arguments.Number("guidance", 0, 1), arguments.Int("samples", 2, 1000), arguments.Int("seed", 0, 0));
        var (rescale, parallel, threshold) = (arguments.Share("guidance-rescale") ?? 0, arguments.Share("guidance-parallel") ?? GuidanceProjection.Whole, arguments.Share("dynamic-threshold"));
        if (ClassifierFreeGuidance.RowsFor(guidance) != GuidanceRows.Both && (rescale > 0 || parallel < GuidanceProjection.Whole))
            throw new CommandException($"{(rescale > 0 ? "--guidance-rescale" : "--guidance-parallel")} changes what guidance adds, and these pictures have none; give --guidance.");
        var scales = arguments.Text("classifier-scale", "0").Split(',').Select(text =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var scale) && scale >= 0 ? scale : throw new CommandException($"--classifier-scale: '{text}' is no scale.")).ToArray();
        return [.. arguments.Text("steps", "20").Split(',').SelectMany(_ => scales, (text, scale) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps > 0
                ? new EvaluationRequest(sampler, steps, named, guidance, samples, (ulong)seed) { Rescale = rescale, Parallel = parallel, Threshold = threshold, ClassifierScale = scale, BoundCdf = cdf }
                : throw new CommandException($"--steps: '{text}' is no step count."))];
    }

    private const string MarkdownHead =
        """
        | model | sampler | evaluations | guidance | n | label accuracy | Fréchet distance | real floor | one-step variance | copy score | s | more |
        |---|---|---|---|---|---|---|---|---|---|---|---|
        """;

    private static readonly string[] Columns = [MetricNames.LabelAccuracy, "frechet", "frechet.floor"];

    private static string Markdown(EvaluationRow row)
    {
        var options = row.Options.Count == 0 ? "" : $" ({string.Join(", ", row.Options.Select(o => $"{o.Key} {o.Value}"))})";
        var text = new StringBuilder();
        return text.Append(CultureInfo.InvariantCulture, $"| {row.Model} v{row.Version} | {row.Sampler}{options} | {row.Steps} | {row.Guidance}{(row.ClassifierScale is { } scale ? FormattableString.Invariant($", classifier {scale}") : "")} | {row.Samples} ")
            .Append(CultureInfo.InvariantCulture, $"| {row.LabelAccuracy:P1} | {row.FrechetDistance:F2} | {row.RealFloor:F2} | {row.OneStepVariance:F4} | {row.CopyScore:F3} | {row.Seconds:F0} ")
            .Append(CultureInfo.InvariantCulture, $"| {string.Join(", ", row.Metrics.Where(m => !Columns.Contains(m.Key)).Select(m => FormattableString.Invariant($"{m.Key} {m.Value:G5}")))} |")
            .ToString();
    }
}
