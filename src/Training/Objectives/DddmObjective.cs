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
/// DDDM (Zhang et al. 2024, algorithm 1): the network estimates x_0 from x_t and from its own last estimate of the
/// same image, which is then replaced by the new one; the loss is the Pseudo-Huber distance to the image.
/// </summary>
/// <remarks>
/// uDDDM (Zhang et al. 2024, "Unified directly denoising diffusion models") adds <see cref="GuidingShare"/>, and the variance-exploding form
/// with its schedule and <see cref="Prediction.Boundary"/>. Options beyond the papers, all off in the published recipe. <c>memoryRefresh</c> shows fresh noise instead of the
/// memory with some probability, because that is what the first evaluation of a sample is shown; without it the
/// network learns to trust a memory that sampling does not have. <c>memoryMomentum</c> m keeps a share of what was remembered, so that
/// X = m X + (1 - m) estimate changes slowly. <c>memorySource</c> own makes the memory on the spot
/// instead of keeping it, see <see cref="MemorySource"/>. <c>consistency</c> and <c>walkTarget</c> change the target, see
/// <see cref="ConsistencyTarget"/> and <see cref="WalkTarget"/>.
/// </remarks>
internal sealed class DddmObjective : IObjective
{
    private readonly DenoiserJob job;
    private readonly NoiseSchedule schedule;
    private readonly UNet network;
    private readonly SampleMemory? memory;
    private readonly Distance distance;
    private readonly Inputs inputs;
    private readonly CleanEstimator own, averaged;
    private readonly UNet average;
    private readonly Func<int, double>? weights;
    private readonly ConsistencyTarget? consistency;
    private readonly WalkTarget? walk;
    private float[] estimates = [];

    /// <param name="job">The job.</param>
    /// <param name="schedule">Its schedule.</param>
    /// <param name="network">What is trained.</param>
    /// <param name="average">Its moving average.</param>
    /// <param name="memory">The stored memories; null for a job whose network makes its own.</param>
    /// <param name="teacher">Of a job that distils a walk, or null; disposed with this.</param>
    /// <param name="device">Where the networks are.</param>
    /// <param name="perceptual">What a perceptual loss is measured with, else null; disposed with this.</param>
    public DddmObjective(
        DenoiserJob job, NoiseSchedule schedule, UNet network, UNet average, SampleMemory? memory, Denoiser? teacher, Device device, PerceptualNetwork? perceptual = null)
    {
        (this.job, this.schedule, this.network, this.average, this.memory) = (job, schedule, network, average, memory);
        distance = new Distance(job.Objective.Loss, perceptual);
        inputs = new Inputs(job.Network, device);
        (own, averaged) = (Estimator(network), Estimator(average));
        weights = TimeWeights.Of(job.Objective.Loss, Prediction.X0, schedule);
        if (job.Objective.Consistency is { } settings)
            consistency = new ConsistencyTarget(settings, schedule, settings.FromAverage ? averaged : own, inputs);
        if (teacher is not null)
            walk = new WalkTarget(job.Objective.WalkTarget!, job.Seed, new DenoiserTraits(schedule, job.Objective.Prediction, HasMemory: true), own, teacher, inputs);
    }

    public IReadOnlyDictionary<string, double> Figures { get; private set; } = new Dictionary<string, double>();

    public Tensor Loss(TrainingBatch batch)
    {
        var noise = Noise(batch);
        var shown = (float[])noise.Clone();
        var places = walk?.Places(batch) ?? new WalkPlace?[batch.Count];
        if (walk is not null) batch = walk.Enter(batch, places, shown, i => !Refreshes(batch, i));
        var remembering = ImageRows.Where(batch.Count, i => places[i] is null && !Refreshes(batch, i));
        Remember(batch, shown, remembering);

        var noisy = inputs.Images(batch.Noisy);
        var output = inputs.Evaluate(network, batch, noisy, inputs.Images(shown));
        var estimate = CleanEstimator.FromOutput(job.Objective.Prediction, schedule, inputs, batch.Times, noisy, output);
        var target = consistency?.Of(batch, shown) ?? (float[])batch.Clean.Clone();
        walk?.Teach(batch, places, noise, target);
        estimates = Inputs.ToArray(estimate);
        Figures = new Dictionary<string, double> { ["copyScore"] = Statistics.Correlation(estimates, shown) };
        return job.Objective.Kind == ObjectiveSettings.Udddm
            ? Blended(batch, estimate, inputs.Images(shown), new GuidingShare(batch.Epoch, remembering))
            : distance.Mean(estimate, inputs.Images(target), Weights(batch));
    }

    /// <summary>
    /// As sampling goes: the estimate from a noise memory is the memory of the one that is judged, and the target is the image. The
    /// copy score and the variance over the samples are those of one evaluation of pure noise: near 1, a network that hands its memory on;
    /// near 0, one that makes the same picture of all noise. The changes are those of <see cref="FixedWalk"/> over as many evaluations as the job samples with.
    /// </summary>
    public (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var fresh = Noise(batch);
        var (noisy, labels, memory) = (inputs.Images(batch.Noisy), inputs.Labels(batch.Labels), inputs.Images(fresh));
        var shown = averaged.Of(noisy, batch.Times, labels, memory);
        var estimate = CleanEstimator.FromOutput(job.Objective.Prediction, schedule, inputs, batch.Times, noisy, inputs.Evaluate(average, batch, noisy, shown));
        var loss = distance.Mean(estimate, inputs.Images(batch.Clean), Weights(batch)).item<float>();
        using var scale = schedule.StartScale(schedule.Steps).ToScalar();
        var (start, ends) = (inputs.Images(batch.Noise).mul(scale), Enumerable.Repeat(schedule.Steps, batch.Count).ToArray());
        var (samples, changes) = new FixedWalk(last => averaged.Of(start, ends, labels, last)).Go(memory, job.SampledWith.Steps);
        return (loss, new Dictionary<string, double>(changes)
        {
            ["sampleCopyScore"] = Statistics.Correlation(samples, fresh),
            ["sampleVariance"] = Statistics.VarianceAcross(samples, samples.Length / batch.Count),
        });
    }

    public void Commit(TrainingBatch batch)
    {
        if (memory is null) return;
        var pixels = estimates.Length / batch.Count;
        var kept = new float[job.Objective.MemoryMomentum > 0 ? pixels : 0];
        for (var i = 0; i < batch.Count; i++)
        {
            var estimate = estimates.AsSpan(i * pixels, pixels);
            Turn(batch, i, estimate);
            if (kept.Length > 0)
            {
                memory.Read(batch.Indices[i], batch.Epoch, kept);
                var m = (float)job.Objective.MemoryMomentum;
                for (var j = 0; j < pixels; j++) estimate[j] = m * kept[j] + (1 - m) * estimate[j];
            }
            memory.Write(batch.Indices[i], batch.Epoch, estimate);
        }
    }

    public void Flush() => memory?.Flush();

    public void Dispose()
    {
        distance.Dispose();
        memory?.Dispose();
        walk?.Dispose();
    }

    private CleanEstimator Estimator(UNet net) => new(net, job.Objective.Prediction, schedule, inputs);

    /// <summary>w d(x, x_0) + (1 - w) d(x, memory), each image with its own w.</summary>
    private Tensor Blended(TrainingBatch batch, Tensor estimate, Tensor shown, GuidingShare share)
    {
        var guiding = distance.Mean(estimate, inputs.Images(batch.Clean), Weighted(share.OfImage));
        return share.IsWhole ? guiding : guiding.add(distance.Mean(estimate, shown, Weighted(i => 1 - share.OfImage(i))), Scalars.One);

        Tensor Weighted(Func<int, double> of) => inputs.PerImage(batch.Times.Select((t, i) => of(i) * (weights?.Invoke(t) ?? 1)));
    }

    private Tensor? Weights(TrainingBatch batch) => weights is null ? null : inputs.PerImage(batch.Times.Select(weights));

    /// <summary>What an image without a memory is shown.</summary>
    private float[] Noise(TrainingBatch batch)
    {
        var noise = new float[batch.Clean.Length];
        var pixels = noise.Length / batch.Count;
        for (var i = 0; i < batch.Count; i++)
            SeededNoise.Normal(job.Seed, (uint)batch.Indices[i], (uint)batch.Step + 1, NoisePurpose.Memory, noise.AsSpan(i * pixels, pixels));
        return noise;
    }

    /// <summary>Replaces the noise in <paramref name="rows"/> by the memory, kept or made.</summary>
    private void Remember(TrainingBatch batch, float[] shown, int[] rows)
    {
        if (rows.Length == 0) return;
        var pixels = shown.Length / batch.Count;
        if (memory is not null)
        {
            foreach (var i in rows)
            {
                memory.Read(batch.Indices[i], batch.Epoch, shown.AsSpan(i * pixels, pixels));
                Turn(batch, i, shown.AsSpan(i * pixels, pixels));
            }
            return;
        }
        using var scope = NewDisposeScope();
        var noisy = inputs.Images(ImageRows.Take(batch.Noisy, pixels, rows));
        var noise = inputs.Images(ImageRows.Take(shown, pixels, rows));
        var first = own.Of(noisy, Array.ConvertAll(rows, i => batch.Times[i]), inputs.Labels(ImageRows.Take(batch.Labels, rows)), noise);
        ImageRows.Put(shown, pixels, rows, Inputs.ToArray(first));
    }

    /// <summary>From the frame that memories are kept in, the image's own, to that of the batch, or back.</summary>
    private void Turn(TrainingBatch batch, int i, Span<float> picture)
    {
        if (batch.IsMirrored(i)) Augmentation.Mirror(picture, job.Network.ImageSize);
    }

    private bool Refreshes(TrainingBatch batch, int i) => job.Objective.MemoryRefresh > 0
        && SeededNoise.Uniform(job.Seed, (uint)batch.Indices[i], (uint)batch.Step, NoisePurpose.MemoryRefresh) < job.Objective.MemoryRefresh;
}
