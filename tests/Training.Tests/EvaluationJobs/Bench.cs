using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.EvaluationJobs;
using Diffusion.Training.Runs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.EvaluationJobs;

/// <summary>A tiny model, images and a classifier that was trained on them, and a service that measures with pictures from a test.</summary>
internal sealed class Bench : IDisposable
{
    public const string Model = "tiny-model", Plain = "tiny-plain", Gentle = "tiny-gentle", Classifier = "tiny-classifier", Guide = "tiny-guide";

    private readonly TemporaryFolder folder = new();

    public Bench()
    {
        TinySet.Write(folder["data"], train: 12, test: 9);
        Store = new CheckpointStore(folder["models"], TimeProvider.System);
        Publish(Model, TinyModels.Network(classes: 2), new SamplingDefaults("ddim", 2));
        Publish(Plain, TinyModels.Network(classes: null), new SamplingDefaults("ddpm", 3));
        // a network of drawn weights turns with every one of many times; of twenty, and not seeing them, and nearly the best one of N(0, 1), it is followed in few steps
        Publish(Gentle, TinyModels.Network(classes: 2), new SamplingDefaults("ddim", 2), (name, weight) =>
        {
            if (name.StartsWith("time_embed.2", StringComparison.Ordinal)) weight.zero_();
            if (name.StartsWith("out.2", StringComparison.Ordinal)) weight.mul_(0.01);
        }, manifest => manifest with { Prediction = Prediction.V, Schedule = manifest.Schedule with { Steps = 20 } });
        TinyModels.PublishClassifier(Store, Guide, TinyModels.Network(classes: 2));
        using var classifier = new ImageClassifier(new ClassifierConfig { ImageSize = TinySet.Side, Channels = 1, Classes = 2, Widths = [8], FeatureWidth = 6 }, 3);
        Directory.CreateDirectory(Path.Combine(folder["models"], Classifier));
        classifier.Save(Path.Combine(folder["models"], Classifier, ImageJudge.FileName));
        File.WriteAllText(Path.Combine(folder["models"], Classifier, "report.json"), $$"""{ "data": "{{TinySet.Name}}" }""");
    }

    public CheckpointStore Store { get; }

    public string StateFolder => folder["state"];

    public string ModelsFolder => folder["models"];

    public string DataFolder => folder["data"];

    /// <summary>Noise of the seed, as the engine would number it, so that the pictures do not depend on how they were asked for.</summary>
    public static float[] Noise(SampleOrder order)
    {
        var pictures = new float[order.Count * TinySet.Pixels];
        for (var i = 0; i < order.Count; i++)
            Diffusion.Noise.SeededNoise.Normal(order.Seed, (uint)(order.First + i), 0, Diffusion.Noise.NoisePurpose.Start, pictures.AsSpan(i * TinySet.Pixels, TinySet.Pixels));
        return pictures;
    }

    public IHost Host(DrawSamples draw, params (string Key, string Value)[] more)
    {
        var builder = new HostApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Training:Data"] = folder["data"],
            ["Training:State"] = folder["state"],
            ["Training:Models"] = folder["models"],
            ["Training:Threads"] = "1",
            ["Evaluation:BatchPictures"] = "4",
        });
        builder.Configuration.AddInMemoryCollection(more.ToDictionary(m => m.Key, m => (string?)m.Value));
        builder.Services.AddTraining();
        builder.Services.AddSingleton(Store);
        builder.Services.AddSingleton(draw);
        builder.Services.AddEvaluation();
        return builder.Build();
    }

    public static EvaluationQueue QueueOf(IHost host) => host.Services.GetRequiredService<EvaluationQueue>();

    public static EvaluationRecord Submit(IHost host, string request) => QueueOf(host).Submit(JsonDocument.Parse(request).RootElement, new EngineLimits(1000, 20));

    public static async Task<EvaluationRecord> UntilOver(IHost host, string id)
    {
        await Until(() => QueueOf(host).Find(id)!.IsOver && QueueOf(host).Active is null);
        return QueueOf(host).Find(id)!;
    }

    public static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!holds()) await timer.WaitForNextTickAsync(limit.Token);
    }

    public void Dispose() => folder.Dispose();

    // as if it had been trained on the images
    private void Publish(string name, UNetConfig network, SamplingDefaults sampling, Action<string, Tensor>? change = null, Func<CheckpointManifest, CheckpointManifest>? describe = null)
    {
        var weights = TinyModels.Publish(new CheckpointStore(folder["elsewhere"], TimeProvider.System), name, network, sampling: sampling, change: change, describe: describe);
        Store.Publish(
            name, _ => weights.Manifest with { Data = new DataReference(TinySet.Name, new string('0', 64), 12) },
            into => File.Copy(weights.PathOf(CheckpointVersion.WeightsFile), Path.Combine(into, CheckpointVersion.WeightsFile)));
    }

    static Bench() => set_num_threads(1);
}
