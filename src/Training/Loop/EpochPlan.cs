using Diffusion.Noise;

namespace Diffusion.Training.Loop;

/// <summary>
/// Which images each step sees. Every epoch is a fresh permutation drawn from (seed, epoch), cut into batches; the last
/// batch of an epoch may be smaller, so that every image is seen exactly once an epoch.
/// </summary>
internal sealed class EpochPlan
{
    private readonly ulong seed;
    private readonly int images;
    private readonly int batch;
    private int[] order = [];
    private int orderEpoch = -1;

    /// <param name="seed">Key of the order.</param>
    /// <param name="images">Images of the set.</param>
    /// <param name="batch">Images a step.</param>
    /// <param name="budget">Images to see, rounded up to whole steps.</param>
    /// <param name="steps">Steps to take instead, or null.</param>
    public EpochPlan(ulong seed, int images, int batch, long budget, int? steps = null)
    {
        (this.seed, this.images, this.batch) = (seed, images, batch);
        StepsPerEpoch = (images + batch - 1) / batch;
        Steps = steps ?? checked((int)(budget / images * StepsPerEpoch + (budget % images + batch - 1) / batch));
    }

    public int StepsPerEpoch { get; }

    /// <summary>Steps of the whole run.</summary>
    public int Steps { get; }

    public int EpochOf(int step) => step / StepsPerEpoch;

    /// <summary>Images seen before <paramref name="step"/>.</summary>
    public long ImagesBefore(int step) => (long)EpochOf(step) * images + Math.Min(images, (long)(step % StepsPerEpoch) * batch);

    /// <summary>The images of a step (0-based).</summary>
    public int[] Indices(int step)
    {
        var epoch = EpochOf(step);
        if (epoch != orderEpoch) (order, orderEpoch) = (Permutation(epoch), epoch);
        var start = step % StepsPerEpoch * batch;
        return order[start..Math.Min(images, start + batch)];
    }

    private int[] Permutation(int epoch)
    {
        var keys = new ulong[images];
        for (var i = 0; i < images; i++)
            keys[i] = (ulong)(SeededNoise.Uniform(seed, (uint)i, (uint)epoch, NoisePurpose.Shuffle) * 4294967296.0) << 32 | (uint)i;
        Array.Sort(keys);
        return Array.ConvertAll(keys, key => (int)(uint)key);
    }
}
