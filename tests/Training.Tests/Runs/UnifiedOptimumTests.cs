using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Runs;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Runs;

/// <summary>
/// Small trained models of uDDDM against the best there can be. Every pixel is N(m, s2), independent; what a network can say of x_0 is
/// m + s2 / (s2 + SNR^-1) (x_t / alpha - m), and where it was shown noise as memory this is the whole truth.
/// </summary>
public sealed class UnifiedOptimumTests : IDisposable
{
    private const int Side = 8, Samples = 256;
    private const double Mean = 0.3, Deviation = 0.2;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>One evaluation of pure noise is the mean of all images, whatever the noise (ALGORITHMS: variance 0 to four digits).</summary>
    [Theory]
    [InlineData("cosine")]
    [InlineData("ve")]
    public void OneEvaluation_IsTheMeanOfTheImages(string schedule)
    {
        var samples = Draw(Train(schedule, refresh: 0.5), "fixed", 1);
        Near.Absolute(Mean, samples.Average(v => (double)v), 0.02, "mean");
        Assert.InRange(Spread(samples), 0, 0.06);
    }

    /// <summary>Each step of the walk multiplies what is not the mean by (s2 + s_t s_s) / (s2 + s_t^2) with s = sigma / alpha.</summary>
    [Theory]
    [InlineData("cosine")]
    [InlineData("ve")]
    public void Walk_HasTheVarianceOfItsSteps(string name)
    {
        const double s2 = Deviation * Deviation;
        var version = Train(name, refresh: 1);
        var schedule = ScheduleCatalogue.Create(name, 20);
        double[] ratios = [.. new[] { 20, 16, 12, 8, 4 }.Select(t => schedule.Sigma(t) / schedule.Alpha(t)), 0];
        var deviation = ratios[0];
        for (var k = 0; k < 5; k++) deviation *= (s2 + ratios[k] * ratios[k + 1]) / (s2 + ratios[k] * ratios[k]);
        var samples = Draw(version, "ddim", 5);
        Near.Absolute(Mean, samples.Average(v => (double)v), 0.02, "mean");
        Near.Relative(deviation, Spread(samples), 0.1, "deviation");
    }

    private CheckpointVersion Train(string schedule, double refresh)
    {
        WriteImages();
        var job = $$"""
            {
              "name": "{{schedule}}-run", "model": "{{schedule}}-model", "objective": { "kind": "udddm", "memoryRefresh": {{refresh}}, "loss": { "kind": "mse" } },
              "schedule": { "name": "{{schedule}}", "steps": 20 },
              "network": { "imageSize": {{Side}}, "channels": 1, "modelChannels": 32, "channelMultipliers": [1], "residualBlocks": 1, "headChannels": 32 },
              "data": "gaussian", "batch": 64, "steps": 600,
              "optimizer": { "learningRate": 0.003, "warmup": 20, "decay": "linear", "finalShare": 0.02, "clipNorm": 1 },
              "ema": { "rule": "constant", "decay": 0.95 }, "seed": 1, "every": { "log": 600, "checkpoint": 10000 }
            }
            """;
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        var options = new TrainingOptions { Data = folder["data"], State = folder["state"], Models = folder["models"], Threads = 1 };
        Assert.True(new TrainingRun(Encoding.UTF8.GetBytes(job), options, store, TimeProvider.System).Execute(CancellationToken.None).Finished);
        return store.NewestValid($"{schedule}-model")!;
    }

    private float[] Draw(CheckpointVersion version, string walk, int evaluations)
    {
        using var denoiser = Denoiser.Load(version, CPU);
        var sampler = SamplerCatalog.Find("dddm")!;
        var table = sampler.Compile(version.Manifest.Traits, new SamplingOptions(sampler, evaluations, new Dictionary<string, string> { ["walk"] = walk }));
        return new RowSampler(denoiser.Network, CPU).Run(table, null, Samples, 1, seed: 3);
    }

    private static double Spread(float[] samples)
    {
        var mean = samples.Average(v => (double)v);
        return Math.Sqrt(samples.Average(v => (v - mean) * (v - mean)));
    }

    private void WriteImages()
    {
        const int count = 2000;
        Directory.CreateDirectory(folder["data"]);
        var noise = new float[count * Side * Side];
        Noise.SeededNoise.Normal(9, 0, 0, Noise.NoisePurpose.Start, noise);
        ImageSetWriter.Write(folder["data"], new ImageSetManifest
        {
            Name = "gaussian",
            Channels = 1,
            Height = Side,
            Width = Side,
            Classes = ["all"],
            Splits = new Dictionary<string, int>(),
            Source = "drawn",
            Terms = "none",
            Files = new Dictionary<string, FileDigest>(),
        }, [new ImageSplit("train", Array.ConvertAll(noise, z => Imaging.Pixels.ToByte((float)(Mean + Deviation * z))), new byte[count])]);
    }
}
