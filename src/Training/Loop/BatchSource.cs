using Diffusion.Noise;
using Diffusion.Schedules;
using Diffusion.Training.Data;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Loop;

/// <summary>How images are turned into noisy ones for a denoiser.</summary>
/// <param name="Schedule">Where alpha_t and sigma_t come from; t is uniform in 1..T.</param>
/// <param name="ShareAtEnd">Share of the images that get t = T.</param>
/// <param name="LabelDrop">Probability that a label becomes the null token.</param>
/// <param name="NullLabel">The null token, or null for a network without labels.</param>
internal sealed record ForwardProcess(NoiseSchedule Schedule, double ShareAtEnd, double LabelDrop, long? NullLabel);

/// <summary>
/// Assembles batches, one step ahead of the torch thread. All that is random in a batch comes from (seed, image, step),
/// so a batch is the same whenever and wherever it is made.
/// </summary>
/// <param name="seed">Key of the noise.</param>
/// <param name="images">The training images.</param>
/// <param name="plan">Which images each step sees.</param>
/// <param name="forward">Null for a classifier, which sees clean images.</param>
/// <param name="augmentation">How images are changed before anything else; null for not at all.</param>
internal sealed class BatchSource(ulong seed, ImageSet images, EpochPlan plan, ForwardProcess? forward, AugmentationSettings? augmentation = null)
{
    private readonly Augmentation? change = augmentation is null ? null : new Augmentation(augmentation, seed, images.Manifest.Height);
    private Task<TrainingBatch>? ahead;
    private int aheadStep;

    /// <summary>The batch of a step; steps are asked for in order. The next one is begun before this returns.</summary>
    public TrainingBatch Take(int step)
    {
        var ready = aheadStep == step ? ahead : null;
        var batch = ready is null ? Assemble(step) : ready.GetAwaiter().GetResult();
        aheadStep = step + 1;
        ahead = aheadStep < plan.Steps ? Task.Run(() => Assemble(step + 1)) : null;
        return batch;
    }

    /// <summary>x_t = alpha_t x_0 + sigma_t z of one image.</summary>
    public static void Diffuse(NoiseSchedule schedule, int t, ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, Span<float> noisy)
    {
        float alpha = (float)schedule.Alpha(t), sigma = (float)schedule.Sigma(t);
        for (var i = 0; i < noisy.Length; i++) noisy[i] = alpha * clean[i] + sigma * noise[i];
    }

    private TrainingBatch Assemble(int step)
    {
        var indices = plan.Indices(step);
        var clean = new float[indices.Length * images.Pixels];
        var mirrored = change is null ? [] : new bool[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            var image = clean.AsSpan(i * images.Pixels, images.Pixels);
            images.Read(indices[i], image);
            if (change is not null) mirrored[i] = change.Apply((uint)indices[i], (uint)step, image);
        }
        var batch = new TrainingBatch
        {
            Step = step,
            Epoch = plan.EpochOf(step),
            Progress = (double)step / plan.Steps,
            Indices = indices,
            Clean = clean,
            Labels = Array.ConvertAll(indices, i => (long)images.Label(i)),
            Mirrored = mirrored,
        };
        return forward is null ? batch : Corrupt(batch, forward);
    }

    private TrainingBatch Corrupt(TrainingBatch batch, ForwardProcess process)
    {
        var (pixels, schedule) = (images.Pixels, process.Schedule);
        var (noise, noisy) = (new float[batch.Clean.Length], new float[batch.Clean.Length]);
        var times = new int[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            var (image, at) = ((uint)batch.Indices[i], i * pixels);
            SeededNoise.Normal(seed, image, (uint)batch.Step, NoisePurpose.TrainingNoise, noise.AsSpan(at, pixels));
            times[i] = Time(image, batch.Step, process);
            Diffuse(schedule, times[i], batch.Clean.AsSpan(at, pixels), noise.AsSpan(at, pixels), noisy.AsSpan(at, pixels));
            if (process.NullLabel is { } none && Drops(image, batch.Step, process.LabelDrop)) batch.Labels![i] = none;
        }
        return batch with { Times = times, Noise = noise, Noisy = noisy, Labels = process.NullLabel is null ? null : batch.Labels };
    }

    private int Time(uint image, int step, ForwardProcess process)
    {
        Span<double> two = stackalloc double[2];
        SeededNoise.Uniform(seed, image, (uint)step, NoisePurpose.TrainingTime, two);
        return two[1] < process.ShareAtEnd ? process.Schedule.Steps : 1 + (int)(two[0] * process.Schedule.Steps);
    }

    private bool Drops(uint image, int step, double probability) =>
        probability > 0 && SeededNoise.Uniform(seed, image, (uint)step, NoisePurpose.LabelDrop) < probability;
}
