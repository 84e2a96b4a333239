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

    /// <summary>X_n = m X_(n-1) + (1 - m) x_t of epoch n, from the noise before the first: the closed form of three epochs.</summary>
    [Theory]
    [InlineData(0.75)]
    [InlineData(0)]
    public void MemoryMomentum_KeepsItsShareOfEveryEpochBefore(double m)
    {
        using var run = new Run(this, $""" "kind": "dddm", "memoryStorage": "float32", "memoryMomentum": {m} """);
        const int epochs = 3;
        var (row, expected) = (new float[TinySet.Pixels], new Dictionary<int, double[]>());
        for (var step = 0; step < epochs * run.StepsPerEpoch; step++)
        {
            var batch = run.Source.Take(step);
            run.Step(batch);
            for (var i = 0; i < batch.Count; i++)
            {
                // a new network's estimate is x_t
                var sum = expected.GetValueOrDefault(batch.Indices[i]) ?? Noise(batch.Indices[i], Math.Pow(m, epochs));
                expected[batch.Indices[i]] = [.. sum.Select((s, j) => s + (1 - m) * Math.Pow(m, epochs - 1 - batch.Epoch) * batch.Noisy[i * row.Length + j])];
            }
        }
        Assert.NotEmpty(expected);
        foreach (var (image, values) in expected)
        {
            run.Memory.Read(image, epochs, row);
            for (var j = 0; j < row.Length; j++) Near.Absolute(values[j], row[j], 1e-5, $"image {image}");
        }

        double[] Noise(int image, double share)
        {
            run.Memory.Read(image, 0, row);
            return [.. row.Select(v => share * v)];
        }
    }

    /// <summary>
    /// The walk at a fixed x_T and t = T, by hand: x^n is the network's answer to x^(n-1), brought into [-1, 1], for every n of the steps that the job
    /// samples with.
    /// </summary>
    [Theory]
    [InlineData("", 4)]
    [InlineData(""" "sampling": { "sampler": "dddm", "steps": 3 }, """, 3)]
    [InlineData(""" "sampling": { "sampler": "dddm", "steps": 1 }, """, 2)]
    public void Validate_TellsHowFarEveryEvaluationGoes(string sampling, int evaluations)
    {
        using var run = new Run(this, """ "kind": "dddm", "memoryStorage": "float32" """, answers: true, more: sampling);
        var batch = run.Source.Take(0);
        var (_, figures) = run.Objective.Validate(batch);
        using var scope = NewDisposeScope();
        using var off = no_grad();
        long[] shape = [batch.Count, 1, 8, 8];
        var noise = new float[batch.Clean.Length];
        for (var i = 0; i < batch.Count; i++)
            SeededNoise.Normal(run.Seed, (uint)batch.Indices[i], (uint)batch.Step + 1, NoisePurpose.Memory, noise.AsSpan(i * TinySet.Pixels, TinySet.Pixels));
        var (x, memory) = (tensor(batch.Noise, shape), tensor(noise, shape));
        var last = Answer(memory).clamp(-1, 1);
        for (var n = 2; n <= evaluations; n++)
        {
            var answer = Answer(last);
            // without the clip it would be another picture
            Assert.True(answer.abs().max().item<float>() > 1.05, $"{n}");
            var next = answer.clamp(-1, 1);
            var expected = next.sub(last).square().mean().sqrt().item<float>();
            Assert.InRange(expected, 1e-3, 2);
            Near.Relative(expected, figures[$"sampleChange.{n}"], 1e-4, $"change {n}");
            last = next;
        }
        Assert.Equal(evaluations - 1, figures.Keys.Count(name => name.StartsWith("sampleChange", StringComparison.Ordinal)));

        Tensor Answer(Tensor shown) => x.sub(run.Average.forward(x, full(batch.Count, 19L), tensor(batch.Labels!), shown));
    }

    /// <summary>At t = T the identity of a new network leaves 0.01 / 50 of x_T = 50 z.</summary>
    [Fact]
    public void Validate_WhereVarianceExplodes_BeginsAtTheMostNoise()
    {
        using var run = new Run(this, """ "kind": "udddm", "prediction": "boundary" """, "ve");
        var batch = run.Source.Take(0);
        var expected = Statistics.VarianceAcross(batch.Noise, TinySet.Pixels) * 1e-4;
        Near.Relative(expected, run.Objective.Validate(batch).Figures["sampleVariance"], 1e-4, "variance");
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
        private readonly UNet network;

        /// <param name="test">Whose folder and images.</param>
        /// <param name="objective">Fields of the objective.</param>
        /// <param name="noise">Name of the schedule.</param>
        /// <param name="answers">Whether the averaged network is no new one, which answers 0 to all.</param>
        /// <param name="more">Further fields of the job.</param>
        public Run(DddmObjectiveTests test, string objective, string noise = "cosine", bool answers = false, string more = "")
        {
            var job = TinyJob.Read(objective, more);
            var schedule = ScheduleCatalogue.Create(noise, 20);
            (network, Average, Seed) = (new UNet(job.Network, 1), new UNet(job.Network, 1, schedule), job.Seed);
            if (answers)
            {
                using var off = no_grad();
                random.manual_seed(5);
                foreach (var weight in Average.parameters()) weight.normal_(0, 0.2);
            }
            Memory = new SampleMemory(test.folder[Guid.NewGuid().ToString("N")], test.images.Count, TinySet.Pixels, job.Objective.MemoryStorage, job.Seed);
            Objective = new DddmObjective(job, schedule, network, Average, job.Objective.MemorySource == MemorySource.Stored ? Memory : null, teacher: null, CPU);
            var plan = new EpochPlan(job.Seed, test.images.Count, 4, 100);
            StepsPerEpoch = plan.StepsPerEpoch;
            Source = new BatchSource(job.Seed, test.images, plan, new ForwardProcess(schedule, 0, 0, 2));
        }

        public UNet Average { get; }
        public ulong Seed { get; }
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
            Average.Dispose();
        }
    }
}
