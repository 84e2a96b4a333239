using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Noise;
using Diffusion.Samplers;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>One picture, one row after the other, straight from the definition of a row: no batch, no slots, no engine.</summary>
internal static class AnalyticReference
{
    /// <summary>What a generation from noise must give, [N, C, H, W]; to the bit.</summary>
    public static float[] Of(Generation generation) =>
        [.. Enumerable.Range(0, generation.Count).SelectMany(i => Picture(generation.Request, generation.Request.Lease.Manifest, i))];

    private static float[] Picture(AcceptedRequest request, CheckpointManifest manifest, int index)
    {
        var network = AnalyticNetwork.Of(manifest);
        var config = manifest.Network;
        var size = config.Channels * config.ImageSize * config.ImageSize;
        var x = Noise(request.Seed, index, 0, NoisePurpose.Start, request.Table.StartScale, size);
        var history = config.Memory ? Noise(request.Seed, index, 0, NoisePurpose.Memory, 1, size) : new float[size];
        for (var step = 0; step < request.Steps; step++)
        {
            var row = request.Table.Rows[step];
            var z = Noise(request.Seed, index, step, NoisePurpose.Step, row.D, size);
            var next = new float[size];
            for (var i = 0; i < size; i++)
            {
                var output = network.Guided(x[i], history[i], row.TimeIndex, request.Labels[index], (float)request.Guidance);
                var clean = (float)row.P * x[i] + (float)row.Q * output;
                if (row.ClipsClean) clean = Math.Clamp(clean, -1, 1);
                next[i] = (float)row.A * x[i] + (float)row.B * clean + (float)row.C * history[i];
                history[i] = clean;
            }
            Finish(row, x, next, z);
            x = next;
        }
        return x;
    }

    /// <summary>Adds D z to what the rest of a row gave, or goes that way as far as a Langevin row does.</summary>
    public static void Finish(SamplerRow row, ReadOnlySpan<float> x, Span<float> next, ReadOnlySpan<float> z)
    {
        var step = row.F * row.F * SquaredNorm(z) / SquaredNorm(next);
        for (var i = 0; i < next.Length; i++) next[i] = row.F == 0 ? next[i] + z[i] : x[i] + (float)step * next[i] + (float)Math.Sqrt(2 * step) * z[i];
    }

    private static double SquaredNorm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var value in values) sum += (double)value * value;
        return sum;
    }

    private static float[] Noise(ulong seed, int sample, int step, NoisePurpose purpose, double scale, int size)
    {
        var values = new float[size];
        if (scale == 0) return values;
        SeededNoise.Normal(seed, (uint)sample, (uint)step, purpose, values);
        return scale == 1 ? values : Array.ConvertAll(values, v => v * (float)scale);
    }
}
