using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Testing;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Runs;

/// <summary>Training of a classifier of noisy images, from its job file to what it is right about.</summary>
public sealed class NoisyClassifierTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public NoisyClassifierTests()
    {
        set_num_threads(1);
        TinySet.Write(folder["data"], test: 40);
    }

    public void Dispose() => folder.Dispose();

    private static byte[] File(int steps, string network = "") => Encoding.UTF8.GetBytes($$"""
        {
          "name": "tiny-noisy", "model": "tiny-noisy", "objective": { "kind": "noisy-classifier" }, "schedule": { "name": "cosine", "steps": 20 },
          "network": { "imageSize": 8, "channels": 1, "classes": 2, "modelChannels": 8, "channelMultipliers": [1, 1], "residualBlocks": 1, "headChannels": 8 {{network}} },
          "data": "tiny", "batch": 8, "optimizer": { "learningRate": 0.005, "warmup": 2 }, "emaDecay": 0.9, "seed": 3, "steps": {{steps}}
        }
        """);

    [Fact]
    public void Execute_Finished_IsRightOnClearImagesAndByChanceOnNoise()
    {
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        var outcome = new TrainingRun(File(60), new TrainingOptions { Data = folder["data"], Models = folder["models"], State = folder["state"], Device = "cpu", Threads = 1 }, store, TimeProvider.System).Execute(CancellationToken.None);
        Assert.Equal((true, 1), (outcome.Finished, outcome.Version));
        var version = store.NewestValid("tiny-noisy")!;
        Assert.True(version.Manifest.IsClassifier);
        Assert.Equal(["above", "below"], version.Manifest.Labels!);
        Assert.Equal(NoisyAccuracy.Times(20).Select(NoisyAccuracy.Name), version.Manifest.Metrics.Keys.Order());
        Assert.Equal([1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20], NoisyAccuracy.Times(20));
        using var report = JsonDocument.Parse(System.IO.File.ReadAllBytes(version.PathOf("report.json")));
        Assert.Equal(0.5, report.RootElement.GetProperty("chance").GetDouble());
        Assert.Equal(version.Manifest.Metrics["accuracy.t0001"], report.RootElement.GetProperty("accuracy").GetProperty("accuracy.t0001").GetDouble());

        using var classifier = GuidingClassifier.Load(version, CPU);
        using var images = TinySet.Open(folder["data"], "test");
        var accuracy = NoisyAccuracy.Measure(classifier.Network, version.Manifest.Traits.Schedule, images, 9, CPU);
        Assert.InRange(accuracy["accuracy.t0001"], 0.95, 1);
        var deviation = Math.Sqrt(0.25 / images.Count);
        Assert.InRange(accuracy["accuracy.t0020"], 0.5 - 4 * deviation, 0.5 + 4 * deviation);
        Assert.True(accuracy["accuracy.t0001"] > accuracy["accuracy.t0018"], "noise changes nothing");
        Assert.Throws<CheckpointException>(() => { Denoiser.Load(version, CPU); });
    }

    [Theory]
    [InlineData(""", "memory": true """, "network.memory")]
    [InlineData(""", "dropout": 2 """, "network.dropout")]
    public void Read_WrongNetwork_NamesTheField(string network, string field) =>
        Assert.Contains(Assert.Throws<TrainingJobException>(() => TrainingJobReader.Read(File(5, network))).Problems, p => p.StartsWith(field, StringComparison.Ordinal));

    [Fact]
    public void Read_WithoutClasses_SaysThatItNeedsSome()
    {
        var text = Encoding.UTF8.GetString(File(5)).Replace("\"classes\": 2,", "", StringComparison.Ordinal);
        Assert.StartsWith("network.classes", Assert.Throws<TrainingJobException>(() => TrainingJobReader.Read(Encoding.UTF8.GetBytes(text))).Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ShippedJob_IsOne() => Assert.IsType<NoisyClassifierJob>(
        TrainingJobReader.Read(System.IO.File.ReadAllBytes(Repository.Path("models", "jobs", "digits-noisy-classifier.json"))));
}
