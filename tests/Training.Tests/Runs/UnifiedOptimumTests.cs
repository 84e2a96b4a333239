using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Evaluation;
using Diffusion.Training.Objectives;
using Diffusion.Training.Runs;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Runs;

/// <summary>
/// Small trained models of uDDDM against the best there can be. Every pixel is N(m, s2), independent; what a network can say of x_0 is
/// m + s2 / (s2 + SNR^-1) (x_t / alpha - m), and where it is shown noise as memory there is no more to know. With memoryRefresh 0.5 half of the training is on the blended target, and must not harm that.
/// </summary>
public sealed class UnifiedOptimumTests : IDisposable
{
    private const int Side = 8, Samples = 256;
    private const double Mean = 0.3, Deviation = 0.2;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("cosine")]
    [InlineData("ve")]
    public void Trained_FromNoiseMemories_IsNearTheBestThereCanBe(string schedule)
    {
        using var denoiser = Denoiser.Load(Train(schedule), CPU);
        // at t = T nothing is known of an image: one evaluation of pure noise is the mean of all images, whatever the noise
        var samples = Draw(denoiser);
        Near.Absolute(Mean, samples.Average(v => (double)v), 0.02, "mean of the samples");
        Assert.InRange(Math.Sqrt(samples.Average(v => Math.Pow(v - Mean, 2))), 0, 0.06);
        foreach (var t in new[] { 4, 8, 12, 16 })
        {
            var (gain, mean) = Estimates(denoiser, t);
            var ratio = denoiser.Manifest.Traits.Schedule.Sigma(t) / denoiser.Manifest.Traits.Schedule.Alpha(t);
            Near.Absolute(Deviation * Deviation / (Deviation * Deviation + ratio * ratio), gain, 0.05, $"gain at {t}");
            Near.Absolute(Mean, mean, 0.03, $"mean at {t}");
        }
    }

    /// <summary>Mean of the estimates of noisy images, and what they gain with x_t / alpha: the slope of a line through them.</summary>
    private static (double Gain, double Mean) Estimates(Denoiser denoiser, int t)
    {
        const int size = Side * Side;
        var (schedule, inputs) = (denoiser.Manifest.Traits.Schedule, new Inputs(denoiser.Manifest.Network, CPU));
        float[] clean = Normal(20), noise = Normal(21), memory = Normal(22);
        var noisy = clean.Zip(noise, (x, z) => (float)(schedule.Alpha(t) * (Mean + Deviation * x) + schedule.Sigma(t) * z)).ToArray();
        using var scope = NewDisposeScope();
        var estimator = new CleanEstimator(denoiser.Network, denoiser.Manifest.Prediction, schedule, inputs);
        var found = Inputs.ToArray(estimator.Of(inputs.Images(noisy), Enumerable.Repeat(t, Samples).ToArray(), null, inputs.Images(memory)));
        double mean = found.Average(v => (double)v), middle = noisy.Average(v => v / schedule.Alpha(t)), product = 0, square = 0;
        for (var i = 0; i < found.Length; i++)
        {
            var off = noisy[i] / schedule.Alpha(t) - middle;
            (product, square) = (product + off * (found[i] - mean), square + off * off);
        }
        return (product / square, mean);

        static float[] Normal(ulong seed)
        {
            var values = new float[Samples * size];
            SeededNoise.Normal(seed, 0, 0, NoisePurpose.Start, values);
            return values;
        }
    }

    private static float[] Draw(Denoiser denoiser)
    {
        var sampler = SamplerCatalog.Find("dddm")!;
        var table = sampler.Compile(denoiser.Manifest.Traits, new SamplingOptions(sampler, 1, new Dictionary<string, string> { ["walk"] = "fixed" }));
        return new RowSampler(denoiser.Network, CPU).Run(table, null, Samples, 1, seed: 3);
    }

    private CheckpointVersion Train(string schedule)
    {
        WriteImages();
        var job = $$"""
            {
              "name": "{{schedule}}-run", "model": "{{schedule}}-model", "objective": { "kind": "udddm", "memoryRefresh": 0.5, "loss": { "kind": "mse" } },
              "schedule": { "name": "{{schedule}}", "steps": 20 },
              "network": { "imageSize": {{Side}}, "channels": 1, "modelChannels": 16, "channelMultipliers": [1], "residualBlocks": 1, "headChannels": 16 },
              "data": "gaussian", "batch": 32, "steps": 600,
              "optimizer": { "learningRate": 0.012, "warmup": 20, "decay": "linear", "finalShare": 0.02, "clipNorm": 1 },
              "ema": { "rule": "constant", "decay": 0.95 }, "seed": 1, "every": { "log": 600, "checkpoint": 10000 }
            }
            """;
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        var options = new TrainingOptions { Data = folder["data"], State = folder["state"], Models = folder["models"], Threads = 1 };
        Assert.True(new TrainingRun(Encoding.UTF8.GetBytes(job), options, store, TimeProvider.System).Execute(CancellationToken.None).Finished);
        return store.NewestValid($"{schedule}-model")!;
    }

    private void WriteImages()
    {
        const int count = 2000;
        Directory.CreateDirectory(folder["data"]);
        var noise = new float[count * Side * Side];
        SeededNoise.Normal(9, 0, 0, NoisePurpose.Start, noise);
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
