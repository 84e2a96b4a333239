using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

/// <summary>The two terms of uDDDM, on schedules of both kinds.</summary>
public sealed class GuidingShareTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ImageSet images;

    public GuidingShareTests()
    {
        TinySet.Write(folder["data"]);
        images = TinySet.Open(folder["data"]);
    }

    public void Dispose()
    {
        images.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Of_Epochs_IsOneOverTheirNumber() => Assert.Equal([1.0, 1.0 / 2, 1.0 / 3, 1.0 / 4], Enumerable.Range(0, 4).Select(GuidingShare.Of));

    [Fact]
    public void OfImage_ThatWasShownNoise_IsOne()
    {
        var share = new GuidingShare(3, [0, 2]);
        Assert.Equal([0.25, 1, 0.25, 1], Enumerable.Range(0, 4).Select(share.OfImage));
        Assert.Equal((false, true, true), (share.IsWhole, new GuidingShare(0, [0, 2]).IsWhole, new GuidingShare(3, []).IsWhole));
    }

    /// <summary>A new network says F = 0: its estimate is x_t, or kappa x_t, and the loss can be computed from the batch and the memory alone.</summary>
    [Theory]
    [InlineData(TinyJob.Unified, false)]
    [InlineData(TinyJob.Exploding, true)]
    public void Loss_OfANetworkThatReturnsZero_BlendsTheDistancesByTheEpoch(string objective, bool exploding)
    {
        var job = TinyJob.Read(objective.Replace("0.3", "0", StringComparison.Ordinal));
        var schedule = ScheduleCatalogue.Create(job.Schedule.Name, job.Schedule.Steps);
        using UNet network = new(job.Network, 1, schedule), average = new(job.Network, 1, schedule);
        using var memory = new SampleMemory(folder["memory"], images.Count, TinySet.Pixels, MemoryStorage.Float16, job.Seed);
        using var unified = new DddmObjective(job, schedule, network, average, memory, teacher: null, CPU);
        var plan = new EpochPlan(job.Seed, images.Count, 4, 100);
        var source = new BatchSource(job.Seed, images, plan, new ForwardProcess(schedule, 0, 0, 2));
        var shown = new float[TinySet.Pixels];
        for (var step = 0; step < 4 * plan.StepsPerEpoch; step++)
        {
            var batch = source.Take(step);
            var (guiding, iterative) = (0.0, 0.0);
            for (var i = 0; i < batch.Count; i++)
            {
                memory.Read(batch.Indices[i], batch.Epoch, shown);
                var kappa = exploding ? 0.01 / schedule.Sigma(batch.Times[i]) : 1;
                for (var p = 0; p < shown.Length; p++)
                {
                    var estimate = kappa * batch.Noisy[i * shown.Length + p];
                    guiding += Huber(estimate - batch.Clean[i * shown.Length + p]) / batch.Clean.Length;
                    iterative += Huber(estimate - shown[p]) / batch.Clean.Length;
                }
            }
            using var scope = NewDisposeScope();
            var w = 1.0 / (step / plan.StepsPerEpoch + 1);
            Near.Relative(w * guiding + (1 - w) * iterative, unified.Loss(batch).item<float>(), 1e-4, $"loss of step {step}");
            unified.Commit(batch);
        }

        double Huber(double difference) => Math.Sqrt(difference * difference + 1.4e-4 * 1.4e-4) - 1.4e-4;
    }

    /// <summary>
    /// The best linear network at a fixed t on N(0, s2): with memory k x0 + e of variance v, precision P = 1/s2 + k^2/v + SNR; the target is blended,
    /// so that the estimate is w times the posterior mean and 1 - w times the memory. From the second epoch on the memory keeps a share that only copies.
    /// </summary>
    [Theory]
    [InlineData("linear", 101, 1000)]
    [InlineData("ve", 600, 1000)]
    public void Epochs_OfTheBestLinearNetwork_FollowTheBlendedGaussianRecursion(string name, int t, int steps)
    {
        const int rows = 2000;
        const double s2 = 0.25;
        var schedule = ScheduleCatalogue.Create(name, steps);
        double alpha = schedule.Alpha(t), sigma = schedule.Sigma(t), snr = schedule.SignalToNoise(t);
        using var memory = new SampleMemory(folder[$"{name}-memory"], rows, 1, MemoryStorage.Float32, seed: 5);
        var (bars, noisy, target) = (memory.Shown(rows, 0), new float[rows], new float[rows]);
        var clean = LeastSquares.Independent(ScalarRows.Normal(rows, 1, 0), s2, bars);
        // what the memory is made of: k x0 + e, Var e = v
        var (k, v) = (0.0, 1.0);
        for (var epoch = 0; epoch < 5; epoch++)
        {
            var w = 1.0 / (epoch + 1);
            bars = memory.Shown(rows, epoch);
            var noise = LeastSquares.Independent(ScalarRows.Normal(rows, 2, epoch), 1, clean, bars);
            for (var i = 0; i < rows; i++)
            {
                noisy[i] = (float)(alpha * clean[i] + sigma * noise[i]);
                target[i] = (float)(GuidingShare.Of(epoch) * clean[i] + (1 - GuidingShare.Of(epoch)) * bars[i]);
            }
            var precision = 1 / s2 + k * k / v + snr;
            var (byMemory, byNoisy) = (w * k / v / precision + 1 - w, w * snr / alpha / precision);
            var (onMemory, onNoisy) = LeastSquares.Of(bars, noisy, target);
            Near.Absolute(byMemory, onMemory, 1e-5, $"weight on the memory in epoch {epoch}");
            Near.Relative(byNoisy, onNoisy, 1e-4, $"weight on x_t in epoch {epoch}");
            for (var i = 0; i < rows; i++) memory.Write(i, epoch, [(float)(onMemory * bars[i] + onNoisy * noisy[i])]);
            (k, v) = (byMemory * k + byNoisy * alpha, byMemory * byMemory * v + byNoisy * byNoisy * sigma * sigma);
        }
    }
}
