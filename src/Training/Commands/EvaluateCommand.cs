using System.Globalization;
using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using static TorchSharp.torch;

namespace Diffusion.Training.Commands;

/// <summary><c>evaluate</c>: measures a model version with one sampler at one or more step counts.</summary>
internal static class EvaluateCommand
{
    public const string Usage =
        "evaluate --model M [--version V] [--sampler ddim] [--steps 1,2,4,10,50] [--options eta=0,spacing=trailing] [--guidance 1] [--samples 1000] [--seed 0] "
        + "[--classifier digits-classifier] [--out FILE.ndjson] [--data DIR] [--models DIR] [--threads N] [--device D]";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<int> RunAsync(CommandArguments arguments, TrainingOptions options, CancellationToken stop)
    {
        var (model, version) = (arguments.Text("model", ""), arguments.Text("version", ""));
        var classifier = arguments.Text("classifier", "digits-classifier");
        var requests = Requests(arguments);
        var output = arguments.Text("out", "");
        arguments.Close(positions: 0);
        var store = new CheckpointStore(options.Models, TimeProvider.System);
        var found = store.Find(model, version) ?? throw new CommandException($"There is no {(version == "" ? "" : $"version {version} of ")}model '{model}' in {store.Root}.");
        await DedicatedThread.Run("evaluation", () =>
        {
            Measure(found, Path.Combine(options.Models, classifier, ImageJudge.FileName), requests, options, output, stop);
            return 0;
        });
        return 0;
    }

    private static void Measure(CheckpointVersion version, string classifierFile, EvaluationRequest[] requests, TrainingOptions options, string output, CancellationToken stop)
    {
        if (options.Threads > 0) set_num_threads(options.Threads);
        var where = device(options.Device);
        CheckpointStore.Verify(version);
        using var denoiser = Denoiser.Load(version, where);
        using var classifier = ImageClassifier.Load(classifierFile, where);
        var folder = Path.Combine(options.Data, version.Manifest.Data.Name);
        using var train = ImageSet.Open(folder, "train");
        using var test = ImageSet.Open(folder, "test");
        var evaluator = new Evaluator(denoiser, new ImageJudge(classifier, where), train, test, TimeProvider.System);
        Console.WriteLine(MarkdownHead);
        foreach (var request in requests)
        {
            var row = evaluator.Measure(request, stop);
            Console.WriteLine(Markdown(row));
            if (output != "") File.AppendAllText(output, JsonSerializer.Serialize(row, Json) + "\n");
        }
    }

    private static EvaluationRequest[] Requests(CommandArguments arguments)
    {
        var sampler = arguments.Text("sampler", "ddim");
        var options = arguments.Text("options", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(o => o.Split('=', 2)).ToArray();
        if (options.FirstOrDefault(o => o.Length != 2) is { } bad) throw new CommandException($"--options: '{bad[0]}' has no value; write name=value,name=value.");
        var named = options.ToDictionary(o => o[0], o => o[1]);
        var (guidance, samples, seed) = (arguments.Number("guidance", 0, 1), arguments.Int("samples", 2, 1000), arguments.Int("seed", 0, 0));
        return [.. arguments.Text("steps", "20").Split(',').Select(text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps > 0
                ? new EvaluationRequest(sampler, steps, named, guidance, samples, (ulong)seed)
                : throw new CommandException($"--steps: '{text}' is no step count."))];
    }

    private const string MarkdownHead =
        """
        | model | sampler | evaluations | guidance | n | label accuracy | Fréchet distance | real floor | one-step variance | copy score | s |
        |---|---|---|---|---|---|---|---|---|---|---|
        """;

    private static string Markdown(EvaluationRow row)
    {
        var options = row.Options.Count == 0 ? "" : $" ({string.Join(", ", row.Options.Select(o => $"{o.Key} {o.Value}"))})";
        var text = new StringBuilder();
        return text.Append(CultureInfo.InvariantCulture, $"| {row.Model} v{row.Version} | {row.Sampler}{options} | {row.Steps} | {row.Guidance} | {row.Samples} ")
            .Append(CultureInfo.InvariantCulture, $"| {row.LabelAccuracy:P1} | {row.FrechetDistance:F2} | {row.RealFloor:F2} | {row.OneStepVariance:F4} | {row.CopyScore:F3} | {row.Seconds:F0} |")
            .ToString();
    }
}
