using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Improved consistency training (Song and Dhariwal 2024, "Improved techniques for training consistency models"): what the network says at a
/// time is to be what it says, without gradient, at the time before with the same noise, label and dropout. At t = 1 it says the image itself
/// by its parameterisation, <see cref="Samplers.Prediction.Consistency"/>. Nobody teaches: there is no average of the weights in it.
/// </summary>
internal sealed class ConsistencyObjective : IObjective
{
    private readonly DenoiserJob job;
    private readonly ConsistencyTrainingSettings settings;
    private readonly NoiseSchedule schedule;
    private readonly UNet network, average;
    private readonly int steps;
    private readonly Distance distance;
    private readonly Inputs inputs;
    private ConsistencyGrid grid;

    /// <param name="job">The job.</param>
    /// <param name="schedule">Its schedule.</param>
    /// <param name="network">What is trained.</param>
    /// <param name="average">Its moving average.</param>
    /// <param name="steps">Of the whole run.</param>
    /// <param name="device">Where the networks are.</param>
    public ConsistencyObjective(DenoiserJob job, NoiseSchedule schedule, UNet network, UNet average, int steps, Device device)
    {
        (this.job, this.schedule, this.network, this.average, this.steps) = (job, schedule, network, average, steps);
        settings = job.Objective.ConsistencyTraining!;
        distance = new Distance(job.Objective.Loss);
        inputs = new Inputs(job.Network, device);
        grid = Grid(0);
    }

    public IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double> { ["discretization"] = grid.Count };

    public Tensor Loss(TrainingBatch batch)
    {
        if (ConsistencyGrid.CountAt(settings, batch.Step, steps, schedule.Steps) != grid.Count) grid = Grid(batch.Step);
        return Loss(network, batch, grid, [.. batch.Indices.Select(i => grid.Draw(SeededNoise.Uniform(job.Seed, (uint)i, (uint)batch.Step, NoisePurpose.TrainingTime)))]);
    }

    /// <summary>The loss between the times of the end of the run, whatever the step, so that it can be compared; and the variance over the samples of one evaluation of pure noise.</summary>
    public (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var last = Grid(steps - 1);
        var loss = Loss(average, batch, last, Array.ConvertAll(batch.Times, t => last.Draw((t - 0.5) / schedule.Steps))).item<float>();
        using var start = schedule.StartScale(schedule.Steps).ToScalar();
        var samples = Inputs.ToArray(Estimate(average, inputs.Images(batch.Noise).mul(start), [.. Enumerable.Repeat(schedule.Steps, batch.Count)], inputs.Labels(batch.Labels)));
        return (loss, new Dictionary<string, double> { ["sampleVariance"] = Statistics.VarianceAcross(samples, samples.Length / batch.Count) });
    }

    public void Commit(TrainingBatch batch) { }

    public void Flush() { }

    public void Dispose() => distance.Dispose();

    private ConsistencyGrid Grid(int step) => new(schedule, ConsistencyGrid.CountAt(settings, step, steps, schedule.Steps), settings);

    private Tensor Loss(UNet net, TrainingBatch batch, ConsistencyGrid times, int[] places)
    {
        var (earlier, later) = (batch.At(Array.ConvertAll(places, times.Time), schedule), batch.At(Array.ConvertAll(places, i => times.Time(i + 1)), schedule));
        var labels = inputs.Labels(batch.Labels);
        var dropout = (long)(SeededNoise.Uniform(job.Seed, 1 + (uint)batch.Indices[0], (uint)batch.Step, NoisePurpose.Dropout) * (1L << 52));
        var target = Target();
        Draw();
        var estimate = Estimate(net, inputs.Images(later.Noisy), later.Times, labels);
        return distance.Mean(estimate, target, inputs.PerImage(places.Select(times.Weight)));

        Tensor Target()
        {
            using var off = no_grad();
            Draw();
            return Estimate(net, inputs.Images(earlier.Noisy), earlier.Times, labels);
        }

        void Draw()
        {
            if (net.training) DropoutSeed.Set(dropout);
        }
    }

    /// <summary>f(x_t, t), unclipped.</summary>
    private Tensor Estimate(UNet net, Tensor noisy, int[] times, Tensor? labels) =>
        CleanEstimator.FromOutput(job.Objective.Prediction, schedule, inputs, times, noisy, net.forward(noisy, inputs.TimeIndex(times), labels));
}
