using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class ConsistencyObjectiveTests
{
    private const int Steps = 1000;
    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("cosine", 200);

    [Fact]
    public void Loss_OfANetworkThatReturnsZero_IsThatOfTheScaledNoisyImages()
    {
        var job = Job();
        Near.Relative(0.00054 * 8, job.Objective.Loss.C, 1e-12, "c of 8x8 images");
        using var network = new UNet(job.Network, 1);
        using var objective = new ConsistencyObjective(job, Schedule, network, network, Steps, CPU);
        foreach (var (step, count) in new[] { (0, 11), (999, 200) })
        {
            var batch = Batch(step);
            var grid = new ConsistencyGrid(Schedule, count, new ConsistencyTrainingSettings());
            var expected = 0.0;
            for (var i = 0; i < batch.Count; i++)
            {
                var pair = grid.Draw(SeededNoise.Uniform(job.Seed, (uint)batch.Indices[i], (uint)step, NoisePurpose.TrainingTime));
                double squares = 0;
                for (var p = 0; p < TinySet.Pixels; p++) squares += Math.Pow(Function(batch, i, p, grid.Time(pair + 1)) - Function(batch, i, p, grid.Time(pair)), 2);
                expected += grid.Weight(pair) * (Math.Sqrt(squares + Math.Pow(0.00054 * 8, 2)) - 0.00054 * 8) / batch.Count;
            }
            using var scope = NewDisposeScope();
            Near.Relative(expected, objective.Loss(batch).item<float>(), 1e-4, $"loss of step {step}");
            Assert.Equal(count, objective.Figures["discretization"]);
        }

        double Function(TrainingBatch batch, int i, int p, int t)
        {
            var at = i * TinySet.Pixels + p;
            return Prediction.Consistency.ToClean(Schedule, t).P * (Schedule.Alpha(t) * batch.Clean[at] + Schedule.Sigma(t) * batch.Noise[at]);
        }
    }

    [Fact]
    public void Loss_HasNoGradientThroughTheEarlierTime()
    {
        // mean squares with a weight of 1 on one pair of times: the gradient is that of a target made of plain numbers
        var job = Job(""" , "loss": { "kind": "mse" }, "initialSteps": 1, "finalSteps": 1 """);
        using var network = Random(job.Network);
        using var objective = new ConsistencyObjective(job, Schedule, network, network, Steps, CPU);
        using var scope = NewDisposeScope();
        var batch = Batch(0);
        objective.Loss(batch).backward();
        var found = Gradient(network);

        network.zero_grad();
        var inputs = new Inputs(job.Network, CPU);
        var target = inputs.Images([.. Inputs.ToArray(Estimate(batch, 1))]);
        var weight = 1 / (Math.Atan2(Schedule.Sigma(200), Schedule.Alpha(200)) - Math.Atan2(Schedule.Sigma(1), Schedule.Alpha(1)));
        using var scale = weight.ToScalar();
        Estimate(batch, 200).sub(target).square().mean().mul(scale).backward();
        var expected = Gradient(network);
        for (var i = 0; i < expected.Length; i++) Near.Absolute(expected[i], found[i], 1e-5 * expected.Max(Math.Abs), $"number {i}");
        Assert.Contains(expected, g => g != 0);

        Tensor Estimate(TrainingBatch of, int t)
        {
            var at = of.At([.. Enumerable.Repeat(t, of.Count)], Schedule);
            var noisy = inputs.Images(at.Noisy);
            return CleanEstimator.FromOutput(Prediction.Consistency, Schedule, inputs, at.Times, noisy, inputs.Evaluate(network, at, noisy));
        }
    }

    [Fact]
    public void Loss_DropsTheSameAtBothTimes()
    {
        // neighbours among all times are so near to each other that only another dropout could tell them apart
        var job = Job(""" , "loss": { "kind": "mse" }, "initialSteps": 199, "finalSteps": 199, "gap": "sigma", "logMean": 1, "logDeviation": 0.1 """, dropout: 0.5);
        using var network = Random(job.Network);
        network.train();
        using var objective = new ConsistencyObjective(job, Schedule, network, network, Steps, CPU);
        using var scope = NewDisposeScope();
        var batch = Batch(0);
        var same = objective.Loss(batch).item<float>();
        random.manual_seed(77);
        Assert.Equal(same, objective.Loss(batch).item<float>());
        network.eval();
        var without = objective.Loss(batch).item<float>();
        Assert.InRange(same, 0.2 * without, 5 * without);
    }

    private static DenoiserJob Job(string more = "", double dropout = 0) =>
        (DenoiserJob)TrainingJobReader.Read(TinyJob.File(""" "kind": "consistency" """ + more, dropout: dropout));

    private static UNet Random(UNetConfig config)
    {
        var network = new UNet(config, 5);
        using var off = no_grad();
        random.manual_seed(3);
        foreach (var parameter in network.parameters()) parameter.normal_(0, 0.2);
        return network;
    }

    private static float[] Gradient(UNet network) => [.. network.parameters().SelectMany(p => p.grad is { } g ? Inputs.ToArray(g) : new float[(int)p.numel()])];

    private static TrainingBatch Batch(int step)
    {
        var random = new Random(4);
        float[] Numbers(double scale) => [.. Enumerable.Range(0, 6 * TinySet.Pixels).Select(_ => (float)(scale * (2 * random.NextDouble() - 1)))];
        return new TrainingBatch
        {
            Step = step,
            Epoch = 0,
            Progress = 0,
            Indices = [.. Enumerable.Range(0, 6)],
            Clean = Numbers(1),
            Noise = Numbers(1.7),
            Labels = [.. Enumerable.Range(0, 6).Select(i => (long)i % 3)],
            Times = [.. Enumerable.Repeat(7, 6)],
        };
    }
}
