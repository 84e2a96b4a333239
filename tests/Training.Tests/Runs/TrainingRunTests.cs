using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Runs;

public sealed class TrainingRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainingRunTests() => TinySet.Write(folder["data"]);

    private CheckpointStore Store => new(folder["models"], TimeProvider.System);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Execute_Finished_PublishesAVersionThatLoads()
    {
        var outcome = Run(TinyJob.File(TinyJob.Dddm, """ "every": { "sample": 9, "publish": 5 }, """));
        Assert.Equal((true, 9, 2), (outcome.Finished, outcome.Steps, outcome.Version));
        var version = Store.NewestValid("tiny-model")!;
        Assert.Equal((2, "dddm", Prediction.Residual, 30L), (version.Manifest.Version, version.Manifest.Objective, version.Manifest.Prediction, version.Manifest.ImagesSeen));
        Assert.Equal(["curve.ndjson", "job.json", "model.safetensors"], version.Manifest.Files.Keys.Order());
        Assert.Equal(["above", "below"], version.Manifest.Labels!);
        using var denoiser = Denoiser.Load(version, CPU);
        Assert.True(denoiser.Network.Config.Memory);
        using var grid = Image.Load<Rgb24>(File.ReadAllBytes(Path.Combine(folder["state"], "runs", "tiny-run", "samples", "00000009.png")));
        Assert.True(grid.Width >= 80);
    }

    [Fact]
    public void Execute_WithAttentionToTheMemory_PublishesItAndLearnsFromIt()
    {
        var job = System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.SelfConditioned)).Replace("\"classes\": 2,", "\"classes\": 2, \"memoryAttention\": true,", StringComparison.Ordinal);
        Assert.True(Run(System.Text.Encoding.UTF8.GetBytes(job)).Finished);
        var version = Store.NewestValid("tiny-model")!;
        Assert.True(version.Manifest.Network.MemoryAttention);
        using var denoiser = Denoiser.Load(version, CPU);
        Assert.All(denoiser.Network.named_parameters().Where(p => p.name.EndsWith("2.proj_out.weight", StringComparison.Ordinal)), p => Assert.NotEqual(0, p.parameter.abs().max().item<float>()));
        Assert.Contains(denoiser.Network.named_parameters(), p => p.name == "middle_block.2.proj_out.weight");
    }

    [Fact]
    public void Execute_AgainAfterTheEnd_PublishesNothingTwice()
    {
        var job = TinyJob.File(TinyJob.Ddpm);
        Assert.Equal(1, Run(job).Version);
        Assert.Equal(1, Run(job).Version);
        Assert.Equal([1], Store.Versions("tiny-model"));
    }

    [Fact]
    public void Execute_KilledBetweenTheVersionAndItsNote_PublishesNothingTwice()
    {
        var job = TinyJob.File(TinyJob.Ddpm);
        Run(job);
        var run = Path.Combine(folder["state"], "runs", "tiny-run");
        File.Delete(Path.Combine(run, "published.json"));
        // and what such a process had written aside
        File.WriteAllText(Path.Combine(run, "state.safetensors.0.tmp"), "half");
        Assert.Equal(1, Run(job).Version);
        Assert.Equal([1], Store.Versions("tiny-model"));
        Assert.Empty(Directory.EnumerateFiles(run, "*.tmp"));
    }

    [Fact]
    public void Execute_OtherJobOfTheSameName_IsRefused()
    {
        Run(TinyJob.File(TinyJob.Ddpm));
        Assert.Contains("another job", Assert.Throws<IOException>(() => Run(TinyJob.File(TinyJob.Ddpm, steps: 12))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_FromAParent_RecordsItAndStartsThere()
    {
        Run(TinyJob.File(TinyJob.Ddpm));
        var child = System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Dddm, """ "initialFrom": { "model": "tiny-model" }, """, steps: 3));
        Run(System.Text.Encoding.UTF8.GetBytes(child.Replace("tiny-run", "child-run", StringComparison.Ordinal).Replace("\"model\": \"tiny-model\", \"objective\"", "\"model\": \"child\", \"objective\"", StringComparison.Ordinal)));
        Assert.Equal(new ParentReference("tiny-model", 1), Store.Find("child")!.Manifest.Parent);
    }

    [Fact]
    public void Execute_NoSuchParent_SaysSo() =>
        Assert.StartsWith("initialFrom:", Assert.Throws<TrainingJobException>(() => Run(TinyJob.File(TinyJob.Ddpm, """ "initialFrom": { "model": "nobody" }, """))).Message, StringComparison.Ordinal);

    [Fact]
    public void Execute_NoSuchTeacher_SaysSo() =>
        Assert.StartsWith("objective.walkTarget.model:", Assert.Throws<TrainingJobException>(() => Run(TinyJob.File(TinyJob.Distilled))).Message, StringComparison.Ordinal);

    [Fact]
    public void Execute_TeacherOfAnotherSchedule_IsRefused()
    {
        Run(Changed(TinyJob.File(TinyJob.Ddpm), ("tiny-run", "teacher-run"), ("tiny-model", "teacher"), ("\"steps\": 20", "\"steps\": 30")));
        var problem = Assert.Single(Assert.Throws<TrainingJobException>(() => Run(TinyJob.File(TinyJob.Distilled))).Problems);
        Assert.Contains("cosine with 30 steps", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_SelfConditioned_KeepsNoMemoryFiles()
    {
        Run(TinyJob.File(TinyJob.SelfConditioned));
        Assert.False(Directory.Exists(Path.Combine(folder["state"], "runs", "tiny-run", "memory")));
    }

    [Theory]
    [InlineData("", "none is set")]
    [InlineData("absent.pt", "is not there")]
    public void Execute_PerceptualLossWithoutItsNetwork_NamesTheField(string path, string problem)
    {
        var refusal = Assert.Single(Assert.Throws<TrainingJobException>(() => Run(TinyJob.File(TinyJob.Perceptual), path)).Problems);
        Assert.StartsWith("objective.loss.kind: ", refusal, StringComparison.Ordinal);
        Assert.Contains(problem, refusal, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder["state"], "runs")));
    }

    [Fact]
    public void Execute_PerceptualLoss_RecordsItsNetworkWithRunAndVersion()
    {
        Run(TinyJob.File(TinyJob.Perceptual), TinyJob.PerceptualNetwork);
        var version = Store.NewestValid("tiny-model")!;
        CheckpointStore.Verify(version);
        var digest = Files.DurableFile.Digest(TinyJob.PerceptualNetwork);
        foreach (var path in new[] { version.PathOf("perceptual.json"), Path.Combine(folder["state"], "runs", "tiny-run", "perceptual.json") })
        {
            using var kept = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(path));
            Assert.Equal(("perceptual.pt", digest.Bytes, digest.Sha256), (kept.RootElement.GetProperty("file").GetString(), kept.RootElement.GetProperty("bytes").GetInt64(), kept.RootElement.GetProperty("sha256").GetString()));
        }
        Assert.Contains("perceptual.json", version.Manifest.Files.Keys);
    }

    [Fact]
    public void Execute_PerceptualNetworkOfAnotherContent_IsRefusedByTheRunThatBegan()
    {
        var job = TinyJob.File(TinyJob.Perceptual);
        Run(job, TinyJob.PerceptualNetwork);
        var refusal = Assert.Single(Assert.Throws<TrainingJobException>(() => Run(job, TinyJob.Script("pair"))).Problems);
        Assert.StartsWith("objective.loss.kind: the run began with the perceptual network perceptual.pt", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_DataImages_SeesOnlyThose()
    {
        Run(TinyJob.File(TinyJob.Dddm, """ "dataImages": 3, """, steps: 4));
        foreach (var file in new[] { "memory-even", "memory-odd" })
        {
            var rows = File.ReadAllBytes(Path.Combine(folder["state"], "runs", "tiny-run", "memory", file)).Chunk(TinySet.Pixels).ToArray();
            Assert.Equal([true, true, true, false, false, false, false, false, false, false], rows.Select(row => row.Any(b => b != 0)));
        }
    }

    [Fact]
    public void Execute_MoreDataImagesThanThereAre_NamesTheField() =>
        Assert.Equal("dataImages: is 11, tiny has 10.", Assert.Single(Assert.Throws<TrainingJobException>(() => Run(TinyJob.File(TinyJob.Ddpm, """ "dataImages": 11, """))).Problems));

    [Fact]
    public void Execute_NetworkOfOtherImages_NamesEveryField()
    {
        var job = System.Text.Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm));
        job = job.Replace("\"imageSize\": 8, \"channels\": 1, \"classes\": 2", "\"imageSize\": 16, \"channels\": 3, \"classes\": 5", StringComparison.Ordinal);
        var problems = Assert.Throws<TrainingJobException>(() => Run(System.Text.Encoding.UTF8.GetBytes(job))).Problems;
        Assert.Equal(["network.imageSize", "network.channels", "network.classes"], problems.Select(p => p.Split(':')[0]));
    }

    [Fact]
    public void Execute_Classifier_LearnsTheTinySetAndReports()
    {
        Run(System.Text.Encoding.UTF8.GetBytes("""
            { "name": "judge", "model": "judge", "objective": { "kind": "classifier" },
              "network": { "imageSize": 8, "channels": 1, "classes": 2, "widths": [8, 8], "featureWidth": 8 },
              "data": "tiny", "batch": 5, "steps": 60, "optimizer": { "learningRate": 0.01 }, "emaDecay": 0.9, "seed": 1 }
            """));
        using var classifier = ImageClassifier.Load(Path.Combine(folder["models"], "judge", "classifier.safetensors"), CPU);
        Assert.Equal(8, classifier.Config.FeatureWidth);
        using var report = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder["models"], "judge", "report.json")));
        Assert.Equal(1, report.RootElement.GetProperty("testAccuracy").GetDouble());
        Assert.Empty(Store.Models());
    }

    private static byte[] Changed(byte[] job, params (string From, string To)[] changes) =>
        System.Text.Encoding.UTF8.GetBytes(changes.Aggregate(System.Text.Encoding.UTF8.GetString(job), (text, change) => text.Replace(change.From, change.To, StringComparison.Ordinal)));

    private TrainingOutcome Run(byte[] job, string perceptual = "") =>
        new TrainingRun(job, new TrainingOptions { PerceptualNetwork = perceptual, Data = folder["data"], State = folder["state"], Models = folder["models"], Threads = 1 }, Store, TimeProvider.System)
            .Execute(CancellationToken.None);
}
