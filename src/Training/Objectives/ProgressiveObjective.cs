using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Progressive distillation (Salimans and Ho 2022, algorithm 2): at one of its N times, drawn evenly, a student learns
/// <see cref="ProgressiveTarget"/> of a frozen teacher of 2 N steps. With each round of the chain the student becomes the teacher, and N is halved.
/// </summary>
internal sealed class ProgressiveObjective : IObjective
{
    private const string TeacherPrefix = "teacher/";
    private const int ComparedImages = 4;

    private readonly DenoiserJob job;
    private readonly NoiseSchedule schedule;
    private readonly UNet network, average, teacher;
    private readonly RoundPlan rounds;
    private readonly Distance distance;
    private readonly Inputs inputs;
    private readonly Func<int, double>? weights;
    private ProgressiveTarget target;
    private int number;

    /// <param name="job">The job.</param>
    /// <param name="schedule">Its schedule.</param>
    /// <param name="network">The student.</param>
    /// <param name="average">Its moving average.</param>
    /// <param name="teacher">The first teacher, in evaluation mode; changed as the chain goes on, and disposed with this.</param>
    /// <param name="rounds">Of the chain.</param>
    /// <param name="device">Where the networks are.</param>
    public ProgressiveObjective(DenoiserJob job, NoiseSchedule schedule, UNet network, UNet average, UNet teacher, RoundPlan rounds, Device device)
    {
        (this.job, this.schedule, this.network, this.average, this.teacher, this.rounds) = (job, schedule, network, average, teacher, rounds);
        distance = new Distance(job.Objective.Loss);
        inputs = new Inputs(job.Network, device);
        weights = TimeWeights.Of(job.Objective.Loss, Prediction.X0, schedule);
        target = Target(0);
    }

    public IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double> { ["round"] = number + 1, ["studentSteps"] = target.Steps };

    public Tensor Loss(TrainingBatch batch)
    {
        Enter(rounds.Of(batch.Step).Number);
        return Loss(network, batch, [.. batch.Indices.Select(i => (int)(SeededNoise.Uniform(job.Seed, (uint)i, (uint)batch.Step, NoisePurpose.TrainingTime) * target.Steps))]);
    }

    /// <summary>
    /// The loss at the row of the student that each t belongs to; and how far its samples with N steps, and those of the teacher with as few,
    /// are from the teacher's with 2 N steps from the same noise: mean squares over the first images.
    /// </summary>
    public (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var loss = Loss(average, batch, Array.ConvertAll(batch.Times, target.PlaceOf)).item<float>();
        var few = batch.Part(0, Math.Min(ComparedImages, batch.Count));
        var reference = Sample(teacher, few, target.Parts);
        return (loss, new Dictionary<string, double>
        {
            ["sampleError"] = Square(Sample(average, few, target.Whole)),
            ["teacherSampleError"] = Square(Sample(teacher, few, target.Whole)),
        });

        double Square(Tensor samples) => samples.add(reference, Scalars.MinusOne).square().mean().item<float>();
    }

    public void Commit(TrainingBatch batch) { }

    public void Flush() { }

    public void BeginRound(Round round)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        foreach (var ((_, mine), (_, its)) in teacher.named_parameters().Zip(network.named_parameters())) mine.copy_(its);
        Enter(round.Number);
    }

    public IReadOnlyList<SafeTensor> State() => [.. Weights.Of(teacher, TeacherPrefix)];

    public void Restore(SafeTensorFile file) => Weights.Fill(teacher, file, TeacherPrefix);

    public void Dispose()
    {
        distance.Dispose();
        teacher.Dispose();
    }

    private ProgressiveTarget Target(int round) => new(new DenoiserTraits(schedule, job.Objective.Prediction), job.Objective.Chain!.StepsOf(round));

    private void Enter(int round)
    {
        if (round != number) (number, target) = (round, Target(round));
    }

    private Tensor Loss(UNet student, TrainingBatch batch, int[] places)
    {
        batch = batch.At(Array.ConvertAll(places, target.Time), schedule);
        var noisy = inputs.Images(batch.Noisy);
        var labels = inputs.Labels(batch.Labels);
        var answer = Taught(noisy, places, labels);
        return distance.Mean(Estimate(student, noisy, batch.Times, labels), answer, weights is null ? null : inputs.PerImage(batch.Times.Select(weights)));
    }

    private Tensor Taught(Tensor noisy, int[] places, Tensor? labels)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        return target.Of(noisy, places, (x, times) => Estimate(teacher, x, times, labels)).MoveToOuterDisposeScope();
    }

    /// <summary>x_0 as a network says it, unclipped.</summary>
    private Tensor Estimate(UNet net, Tensor noisy, int[] times, Tensor? labels) =>
        CleanEstimator.FromOutput(job.Objective.Prediction, schedule, inputs, times, noisy, net.forward(noisy, inputs.TimeIndex(times), labels));

    private Tensor Sample(UNet net, TrainingBatch batch, IReadOnlyList<SamplerRow> rows)
    {
        var labels = inputs.Labels(batch.Labels);
        using var start = schedule.StartScale(schedule.Steps).ToScalar();
        var x = inputs.Images(batch.Noise).mul(start);
        foreach (var row in rows)
        {
            using var step = NewDisposeScope();
            using Scalar a = row.A.ToScalar(), b = row.B.ToScalar();
            var next = x.mul(a).add(Estimate(net, x, [.. Enumerable.Repeat(row.TimeIndex + 1, batch.Count)], labels), b);
            x.Dispose();
            x = next.MoveToOuterDisposeScope();
        }
        return x;
    }
}
