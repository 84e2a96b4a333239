using System.Text;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Tests.Jobs;

public sealed class TrainingJobReaderTests
{
    public static TheoryData<string> Shipped => [.. Directory.GetFiles(Path.Combine(Repository.Root, "models", "jobs"), "*.json").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Read_ShippedJob_IsGood(string file) =>
        Assert.NotNull(TrainingJobReader.Read(File.ReadAllBytes(Path.Combine(Repository.Root, "models", "jobs", file))));

    [Fact]
    public void Read_Ddpm_TakesTheDefaultsOfTheObjective()
    {
        var job = TinyJob.Read(TinyJob.Ddpm);
        Assert.Equal((Prediction.Epsilon, DistanceSettings.Mse, false), (job.Objective.Prediction, job.Objective.Loss.Kind, job.Network.Memory));
        Assert.Equal(36, job.Images);
    }

    [Fact]
    public void Read_Dddm_TakesTheDefaultsOfTheObjective()
    {
        var job = TinyJob.Read(""" "kind": "dddm" """);
        Assert.Equal((Prediction.Residual, DistanceSettings.PseudoHuber, true), (job.Objective.Prediction, job.Objective.Loss.Kind, job.Network.Memory));
        Assert.Equal((0, null, MemoryStorage.UInt8), (job.Objective.MemoryRefresh, job.Objective.Consistency, job.Objective.MemoryStorage));
    }

    [Fact]
    public void Read_ManyWrongFields_NamesThemAllAtOnce()
    {
        var problems = Problems("""
            { "name": "No Good", "objective": { "kind": "dddm", "memoryRefresh": 2, "prediction": "epsilon" }, "schedule": { "name": "square", "steps": 1 },
              "network": { "imageSize": 32, "channels": "one", "modelChannels": 32, "channelMultipliers": [1, 0] },
              "data": "mnist-32", "batch": 0, "images": 1, "steps": 2, "optimizer": { "learningRate": -1, "momentum": 0.9 }, "sample": 3,
              "sampling": { "sampler": "ddim", "steps": 0, "options": { "eta": "5" } } }
            """);
        string[] expected =
        [
            "name:", "model:", "objective.memoryRefresh:", "objective.prediction:", "schedule.name:", "schedule.steps:", "network.channels:",
            "network.channelMultipliers:", "batch:", "images:", "optimizer.learningRate:", "optimizer.momentum:", "sample:", "sampling.steps:", "sampling.options:",
        ];
        foreach (var field in expected) Assert.Single(problems, p => p.StartsWith(field, StringComparison.Ordinal));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Fact]
    public void Read_UnknownField_IsRefusedWithTheKnownOnes() =>
        Assert.Contains("warmup", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"finalShare\"", "\"lastShare\"", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Read_MemoryFieldsOfDdpm_AreRefused() =>
        Assert.Contains("memoryRefresh", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(""" "kind": "ddpm", "memoryRefresh": 0.5 """)))), StringComparison.Ordinal);

    [Fact]
    public void Read_NetworkThatCannotBe_NamesTheField() =>
        Assert.StartsWith("network.imageSize:", Assert.Single(Problems(Encoding.UTF8.GetString(TinyJob.File(TinyJob.Ddpm)).Replace("\"imageSize\": 8", "\"imageSize\": 9", StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void Read_NotJson_SaysSo() => Assert.StartsWith("Not JSON", Assert.Single(Problems("{")), StringComparison.Ordinal);

    private static IReadOnlyList<string> Problems(string json) =>
        Assert.Throws<TrainingJobException>(() => TrainingJobReader.Read(Encoding.UTF8.GetBytes(json))).Problems;
}
