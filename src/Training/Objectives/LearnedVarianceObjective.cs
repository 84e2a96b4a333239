using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// Improved DDPM (Nichol and Dhariwal 2021): the network says a variance for each pixel besides. <c>hybrid</c> is L_simple + 0.001 L_vlb
/// (eq. 16), in which the bound teaches the variance alone: the mean is cut off from its gradient. <c>vlb</c> is the bound itself, with t
/// drawn as <see cref="LossMoments"/> says.
/// </summary>
internal sealed class LearnedVarianceObjective : IObjective
{
    private const double BoundWeight = 0.001;

    private readonly DenoiserJob job;
    private readonly NoiseSchedule schedule;
    private readonly UNet network, average;
    private readonly Distance distance;
    private readonly Inputs inputs;
    private readonly Func<int, double>? weights;
    private readonly VariationalBound bound;
    private readonly Scalar times, hybrid;
    private readonly LossMoments? moments;

    // losses of the step under way: its parts must all draw from what was known before it
    private readonly List<(int Time, double Loss)> fresh = [];
    private int freshStep;
    private float[] terms = [];
    private int[] drawn = [];

    public LearnedVarianceObjective(DenoiserJob job, NoiseSchedule schedule, UNet network, UNet average, Device device)
    {
        (this.job, this.schedule, this.network, this.average) = (job, schedule, network, average);
        distance = new Distance(job.Objective.Loss);
        inputs = new Inputs(job.Network, device);
        weights = TimeWeights.Of(job.Objective.Loss, job.Objective.Prediction, schedule);
        bound = new VariationalBound(schedule, ReverseChain.Whole(schedule), job.Objective.BoundCdf);
        (times, hybrid) = (((double)schedule.Steps).ToScalar(), BoundWeight.ToScalar());
        moments = job.Objective.Bound == BoundUse.Vlb ? new LossMoments(schedule.Steps) : null;
    }

    public IReadOnlyDictionary<string, double> Figures { get; private set; } = new Dictionary<string, double>();

    public Tensor Loss(TrainingBatch batch)
    {
        if (moments is not null) return Bound(batch, moments);
        var (simple, each) = Evaluate(network, batch);
        var bits = each.mean();
        Figures = new Dictionary<string, double> { ["simpleLoss"] = simple.item<float>(), ["bitsPerDim"] = bits.item<float>() };
        return simple.add(bits, hybrid);
    }

    /// <summary>The loss of the same kind at uniform t; beside it the whole bound, in bits per number, as these times estimate it.</summary>
    public (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var (simple, each) = Evaluate(average, batch);
        double bits = each.mean().item<float>(), prior = 0;
        var pixels = batch.Clean.Length / batch.Count;
        for (var i = 0; i < batch.Count; i++) prior += bound.Prior(batch.Clean.AsSpan(i * pixels, pixels)) / batch.Count;
        return (moments is null ? simple.item<float>() + BoundWeight * bits : bits, new Dictionary<string, double> { ["validationBitsPerDim"] = bits + prior });
    }

    public void Commit(TrainingBatch batch)
    {
        if (moments is null) return;
        for (var i = 0; i < drawn.Length; i++) fresh.Add((drawn[i], terms[i]));
    }

    public void Flush() { }

    public IReadOnlyList<SafeTensor> State()
    {
        Learn();
        return moments?.ToTensors() ?? [];
    }

    public void Restore(SafeTensorFile file) => moments?.Restore(file);

    public void Dispose()
    {
        distance.Dispose();
        times.Dispose();
        hybrid.Dispose();
    }

    /// <summary>L_vlb at the times that are worth most.</summary>
    private Tensor Bound(TrainingBatch batch, LossMoments known)
    {
        if (batch.Step != freshStep) Learn();
        freshStep = batch.Step;
        var places = Enumerable.Range(0, batch.Count).Select(i => known.Draw(SeededNoise.Uniform(job.Seed, (uint)batch.Indices[i], (uint)batch.Step, NoisePurpose.TrainingTime))).ToArray();
        drawn = Array.ConvertAll(places, p => p.Time);
        var each = Terms(network, batch.At(drawn, schedule));
        terms = Inputs.ToArray(each);
        Figures = new Dictionary<string, double> { ["bitsPerDim"] = places.Zip(terms, (p, l) => p.Weight * l).Average() };
        return each.mul(tensor(Array.ConvertAll(places, p => (float)p.Weight), device: each.device)).mean();
    }

    private void Learn()
    {
        foreach (var (time, loss) in fresh) moments!.Record(time, loss);
        fresh.Clear();
    }

    /// <summary>L_simple, and T times the term of the bound of each image, [B].</summary>
    private (Tensor Simple, Tensor Each) Evaluate(UNet net, TrainingBatch batch)
    {
        var noisy = inputs.Images(batch.Noisy);
        var (image, v) = Halves(inputs.Evaluate(net, batch, noisy));
        var simple = distance.Mean(image, inputs.Images(PredictionTarget.Of(batch, job.Objective.Prediction, schedule)), weights is null ? null : inputs.PerImage(batch.Times.Select(weights)));
        return (simple, Terms(batch, noisy, image.detach(), v));
    }

    /// <summary>The same of which the mean has its part of the gradient.</summary>
    private Tensor Terms(UNet net, TrainingBatch batch)
    {
        var noisy = inputs.Images(batch.Noisy);
        var (image, v) = Halves(inputs.Evaluate(net, batch, noisy));
        return Terms(batch, noisy, image, v);
    }

    private Tensor Terms(TrainingBatch batch, Tensor noisy, Tensor image, Tensor v)
    {
        var steps = Array.ConvertAll(batch.Times, t => t - 1);
        var estimate = CleanEstimator.FromOutput(job.Objective.Prediction, schedule, inputs, batch.Times, noisy, image);
        return bound.Terms(inputs.Images(batch.Clean), estimate, bound.LearnedLog(v, steps), steps).mul(times);
    }

    private (Tensor Image, Tensor V) Halves(Tensor output) => (output.narrow(1, 0, job.Network.Channels), output.narrow(1, job.Network.Channels, job.Network.Channels));
}
