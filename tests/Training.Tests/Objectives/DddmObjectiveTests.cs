using Diffusion.Networks;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class DddmObjectiveTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ImageSet images;

    public DddmObjectiveTests()
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
    public void Step_OfANetworkThatReturnsZero_RemembersTheNoisyImage()
    {
        using var run = new Run(this, """ "kind": "dddm", "memoryStorage": "float16" """);
        var batch = run.Source.Take(0);
        run.Step(batch);
        var row = new float[TinySet.Pixels];
        for (var i = 0; i < batch.Count; i++)
        {
            run.Memory.Read(batch.Indices[i], 1, row);
            Assert.Equal(batch.Noisy.AsSpan(i * row.Length, row.Length).ToArray(), row, (a, b) => Math.Abs(a - b) <= 2e-3 * Math.Max(1, Math.Abs(a)));
        }
    }

    [Fact]
    public void Step_WritesOnlyTheRowsOfItsBatch()
    {
        using var run = new Run(this, """ "kind": "dddm" """);
        var batch = run.Source.Take(0);
        run.Step(batch);
        var row = new float[TinySet.Pixels];
        for (var image = 0; image < images.Count; image++)
        {
            run.Memory.Read(image, 1, row);
            // an unwritten row of a new file is black
            Assert.Equal(batch.Indices.Contains(image), row.Any(v => v != -1f));
        }
    }

    [Fact]
    public void Loss_OfANetworkThatReturnsZero_IsThePseudoHuberDistanceToTheImage()
    {
        using var run = new Run(this, """ "kind": "dddm", "loss": { "c": 0.1 } """);
        var batch = run.Source.Take(0);
        var expected = batch.Noisy.Zip(batch.Clean, (a, b) => Math.Sqrt((a - (double)b) * (a - (double)b) + 0.01) - 0.1).Average();
        Near.Relative(expected, run.Step(batch), 1e-5, "loss");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10)]
    public void MemoryRefresh_ShowsFreshNoiseInstead(double refresh, int refreshed)
    {
        using var run = new Run(this, $""" "kind": "dddm", "memoryRefresh": {refresh} """);
        // epoch 0, then an epoch in which the memory would be black
        var score = 0.0;
        for (var step = 0; step < 6; step++)
        {
            var batch = run.Source.Take(step);
            run.Step(batch);
            for (var i = 0; i < images.Count; i++) run.Memory.Write(i, batch.Epoch, new float[TinySet.Pixels]);
            if (batch.Epoch == 1) score += Math.Abs(run.Objective.Figures["copyScore"]);
        }
        // a constant memory correlates with nothing
        Assert.Equal(refreshed > 0, score > 0);
    }

    [Theory]
    [InlineData(0, 0.9, 1)]
    [InlineData(1, -0.2, 0.2)]
    public void MemorySourceOwn_ShowsTheEstimateFromANoiseMemory(double refresh, double atLeast, double atMost)
    {
        using var run = new Run(this, $""" "kind": "dddm", "memorySource": "own", "memoryRefresh": {refresh} """);
        run.Step(run.Source.Take(0));
        // a new network's residual is 0: both estimates are x_t, that which is shown clipped to [-1, 1]
        Assert.InRange(run.Objective.Figures["copyScore"], atLeast, atMost);
    }

    [Fact]
    public void WeightingSnrPlusOne_OfTheSquaredErrorOfX0_IsTheSquaredErrorOfV()
    {
        using var run = new Run(this, """ "kind": "dddm", "prediction": "v", "loss": { "kind": "mse", "weighting": "snr+1" } """);
        var batch = run.Source.Take(0);
        var schedule = ScheduleCatalogue.Create("cosine", 20);
        var expected = batch.Noise.Zip(batch.Clean, (z, x) => (z, x)).Select((pair, i) =>
        {
            var t = batch.Times[i / TinySet.Pixels];
            return Math.Pow(schedule.Alpha(t) * pair.z - schedule.Sigma(t) * pair.x, 2);
        }).Average();
        // a new network says v = 0
        Near.Relative(expected, run.Step(batch), 1e-4, "loss");
    }

    /// <summary>A mirrored image sees its memory mirrored, and what it leaves is mirrored back.</summary>
    [Fact]
    public void Memory_OfAMirroredImage_StaysInTheFrameOfTheImage()
    {
        using Run plain = new(this, """ "kind": "dddm", "memoryStorage": "float32" """), mirrored = new(this, """ "kind": "dddm", "memoryStorage": "float32" """);
        var (row, other) = (new float[TinySet.Pixels], new float[TinySet.Pixels]);
        for (var step = 0; step < plain.StepsPerEpoch; step++)
        {
            plain.Step(plain.Source.Take(step));
            mirrored.Step(plain.Source.Take(step));
        }
        var batch = plain.Source.Take(plain.StepsPerEpoch);
        var turned = batch with { Mirrored = [.. batch.Indices.Select((_, i) => i % 2 == 0)] };
        plain.Step(batch);
        mirrored.Step(turned);
        // a new network's estimate is x_t: what is kept of the even ones is x_t mirrored, and they were shown another memory
        Assert.NotEqual(plain.Objective.Figures["copyScore"], mirrored.Objective.Figures["copyScore"]);
        for (var i = 0; i < batch.Count; i++)
        {
            plain.Memory.Read(batch.Indices[i], 2, row);
            mirrored.Memory.Read(batch.Indices[i], 2, other);
            if (turned.Mirrored[i]) Augmentation.Mirror(row, 8);
            Assert.Equal(row, other);
        }
    }

    private sealed class Run : IDisposable
    {
        private readonly UNet network, average;

        public Run(DddmObjectiveTests test, string objective)
        {
            var job = TinyJob.Read(objective);
            var schedule = ScheduleCatalogue.Create("cosine", 20);
            (network, average) = (new UNet(job.Network, 1), new UNet(job.Network, 1));
            Memory = new SampleMemory(test.folder[Guid.NewGuid().ToString("N")], test.images.Count, TinySet.Pixels, job.Objective.MemoryStorage, job.Seed);
            Objective = new DddmObjective(job, schedule, network, average, job.Objective.MemorySource == MemorySource.Stored ? Memory : null, teacher: null, CPU);
            var plan = new EpochPlan(job.Seed, test.images.Count, 4, 100);
            StepsPerEpoch = plan.StepsPerEpoch;
            Source = new BatchSource(job.Seed, test.images, plan, new ForwardProcess(schedule, 0, 0, 2));
        }

        public SampleMemory Memory { get; }
        public int StepsPerEpoch { get; }
        public DddmObjective Objective { get; }
        public BatchSource Source { get; }

        public double Step(TrainingBatch batch)
        {
            using var scope = NewDisposeScope();
            var loss = Objective.Loss(batch).item<float>();
            Objective.Commit(batch);
            return loss;
        }

        public void Dispose()
        {
            Objective.Dispose();
            Memory.Dispose();
            network.Dispose();
            average.Dispose();
        }
    }
}
