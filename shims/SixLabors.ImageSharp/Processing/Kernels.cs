using SixLabors.ImageSharp.Processing.Processors.Transforms;

namespace SixLabors.ImageSharp.Processing;

/// <summary>Along one side: for each target pixel the source pixels it is made of and their weights, which add up to 1.</summary>
internal sealed class Kernels
{
    private readonly (int First, float[] Weights)[] kernels;

    public Kernels(int from, int to, IResampler sampler)
    {
        double ratio = (double)from / to, scale = Math.Max(ratio, 1), radius = Math.Ceiling((scale * sampler.Radius) - 1e-9);
        kernels = new (int, float[])[to];
        for (int i = 0; i < to; i++)
        {
            if (sampler is NearestNeighborResampler)
            {
                kernels[i] = ((int)((long)i * from / to), [1]);
                continue;
            }
            double center = ((i + .5) * ratio) - .5;
            int first = Math.Max(0, (int)Math.Ceiling(center - radius - 1e-9)), last = Math.Min(from - 1, (int)Math.Floor(center + radius + 1e-9));
            var weights = new float[last - first + 1];
            for (int j = 0; j < weights.Length; j++) weights[j] = sampler.GetValue((float)((first + j - center) / scale));
            float sum = weights.Sum();
            for (int j = 0; j < weights.Length; j++) weights[j] /= sum;
            kernels[i] = (first, weights);
        }
    }

    /// <summary>Resamples one line of interleaved channels that begins at an offset and advances by a stride.</summary>
    public void Apply(ReadOnlySpan<float> source, int sourceStride, Span<float> target, int targetStride, int channels)
    {
        for (int i = 0; i < kernels.Length; i++)
        {
            var (first, weights) = kernels[i];
            for (int c = 0; c < channels; c++)
            {
                float sum = 0;
                for (int j = 0; j < weights.Length; j++) sum += weights[j] * source[((first + j) * sourceStride) + c];
                target[(i * targetStride) + c] = sum;
            }
        }
    }
}
