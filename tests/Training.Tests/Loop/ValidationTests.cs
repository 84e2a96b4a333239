using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Loop;

public sealed class ValidationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ValidationTests() => TinySet.Write(folder["data"], test: 7);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(64)]
    public void Run_OfANetworkThatAnswersZero_IsTheMeanSquareOfTheTarget(int batch)
    {
        // the last convolution of a new network is zero, so the loss is that of its targets, whatever the batches
        var job = TinyJob.Read(""" "kind": "ddpm", "prediction": "v" """);
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using var network = new UNet(job.Network, job.Seed);
        using var objective = new DdpmObjective(job, schedule, network, network, CPU);
        using var images = TinySet.Open(folder["data"], "test");
        double sum = 0;
        for (var i = 0; i < images.Count; i++)
        {
            var (clean, noise) = (new float[images.Pixels], new float[images.Pixels]);
            images.Read(i, clean);
            SeededNoise.Normal(job.Seed, (uint)i, 0, NoisePurpose.ValidationNoise, noise);
            var t = 1 + (int)(SeededNoise.Uniform(job.Seed, (uint)i, 0, NoisePurpose.ValidationTime) * schedule.Steps);
            sum += clean.Zip(noise, (x, z) => Math.Pow(schedule.Alpha(t) * z - schedule.Sigma(t) * x, 2)).Average();
        }
        var found = new Validation(job.Seed, images, batch, new ForwardProcess(schedule, 0, 0, job.Network.NullLabel)).Run(objective);
        Assert.Equal(sum / 7, found[MetricsLog.ValidationLoss], 1e-5);
    }

    [Fact]
    public void Run_OfADddmNetwork_TellsCopyingAndVarietyOfItsSamples()
    {
        var job = TinyJob.Read(""" "kind": "dddm", "memorySource": "own", "prediction": "residual", "loss": { "kind": "mse" } """);
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using var network = new UNet(job.Network, job.Seed);
        using var objective = new DddmObjective(job, schedule, network, network, null, null, CPU);
        using var images = TinySet.Open(folder["data"], "test");
        var found = new Validation(job.Seed, images, 64, new ForwardProcess(schedule, 0, 0, job.Network.NullLabel)).Run(objective);
        // it answers 0, so x_0 is x_t itself: of pure noise the noise, clipped to [-1, 1], whose variance is 0.516; the memory plays no part
        Assert.InRange(found["sampleVariance"], 0.45, 0.58);
        Assert.InRange(found["sampleCopyScore"], -0.15, 0.15);
        Assert.True(found[MetricsLog.ValidationLoss] > 0);
    }

    [Fact]
    public void Admission_OfASetWithNothingToValidateBy_NamesTheField()
    {
        var job = TinyJob.Read(TinyJob.Ddpm, """ "every": { "validate": 5 }, """);
        using var images = TinySet.Open(folder["data"]);
        Assert.Empty(Training.Runs.ImageFit.Problems(job, images.Manifest));
        var without = images.Manifest with { Splits = new Dictionary<string, int> { ["train"] = 10 } };
        Assert.StartsWith("every.validate:", Assert.Single(Training.Runs.ImageFit.Problems(job, without)), StringComparison.Ordinal);
    }
}
