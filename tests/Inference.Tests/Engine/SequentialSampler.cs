using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Noise;
using Diffusion.Samplers;
using static TorchSharp.torch;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>One picture, one row after the other, straight from the definition of a row; the update in float64.</summary>
internal static class SequentialSampler
{
    public static float[] Run(
        CheckpointVersion version, SamplerTable table, ulong seed, int sample, int? label = null, double guidance = 1, double rescale = 0,
        Func<double[], int, double[]>? gradient = null, double parallel = 1)
    {
        var network = version.Manifest.Network;
        var size = network.Channels * network.ImageSize * network.ImageSize;
        var x = Array.ConvertAll(Normal(seed, sample, 0, NoisePurpose.Start, size), v => v * table.StartScale);
        return Array.ConvertAll(From(version, table, x, seed, sample, label, guidance, rescale, gradient, parallel), v => (float)v);
    }

    /// <summary>The same from a given state.</summary>
    public static double[] From(
        CheckpointVersion version, SamplerTable table, double[] start, ulong seed = 0, int sample = 0, int? label = null, double guidance = 1, double rescale = 0,
        Func<double[], int, double[]>? gradient = null, double parallel = 1)
    {
        using var denoiser = Denoiser.Load(version, CPU);
        var network = version.Manifest.Network;
        var size = start.Length;
        double[] x = [.. start];
        var history = network.Memory ? Normal(seed, sample, 0, NoisePurpose.Memory, size) : new double[size];
        for (var step = 0; step < table.Rows.Length; step++)
        {
            var row = table.Rows[step];
            var z = Normal(seed, sample, step, NoisePurpose.Step, size);
            var conditional = Evaluate(denoiser, x, history, row.TimeIndex, label);
            var unconditional = Evaluate(denoiser, x, history, row.TimeIndex, null);
            var outputs = label is null ? unconditional[..size] : [.. unconditional.Take(size).Select((u, i) => u + guidance * (conditional[i] - u))];
            if (parallel != 1) outputs = Projected(row, x, conditional[..size], unconditional[..size], guidance, parallel);
            if (rescale > 0)
            {
                var ratio = Deviation(conditional) / Deviation(outputs);
                outputs = Array.ConvertAll(outputs, o => rescale * o * ratio + (1 - rescale) * o);
            }
            var pull = gradient?.Invoke(x, row.TimeIndex) ?? new double[size];
            var cleans = outputs.Select((o, i) => row.P * x[i] + row.Q * o + row.G * pull[i]).ToArray();
            var bound = row.Threshold is { } share ? Math.Max(1, Percentile(cleans, share)) : row.ClipsClean ? 1 : double.PositiveInfinity;
            var next = new double[size];
            for (var i = 0; i < size; i++)
            {
                var spread = row.E == 0 ? 1 : Math.Exp(row.E * (label is null || guidance == 0 ? unconditional : conditional)[size + i]);
                var clean = Math.Clamp(cleans[i], -bound, bound) / (row.Threshold is null ? 1 : bound);
                next[i] = row.A * x[i] + row.B * clean + row.C * history[i] + (row.GuidesMean ? row.D * spread * row.D * spread * pull[i] : 0);
                if (row.F == 0) next[i] += row.D * spread * z[i];
                history[i] = clean;
            }
            x = row.F == 0 ? next : Langevin(row, x, next, z);
        }
        return x;
    }

    // in x0, as the paper has it, and back through the affine map
    private static double[] Projected(SamplerRow row, double[] x, double[] c, double[] u, double guidance, double eta)
    {
        var clean = x.Select((v, i) => row.P * v + row.Q * c[i]).ToArray();
        var added = c.Select((v, i) => row.Q * (v - u[i])).ToArray();
        var along = added.Zip(clean, (a, b) => a * b).Sum() / clean.Sum(v => v * v);
        return [.. x.Select((v, i) => (clean[i] + (guidance - 1) * (added[i] - along * clean[i] + eta * along * clean[i]) - row.P * v) / row.Q)];
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }

    private static double Percentile(double[] values, double share)
    {
        double[] sorted = [.. values.Select(Math.Abs).Order()];
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return sorted[below] + (place - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
    }

    private static double[] Langevin(SamplerRow row, double[] x, double[] direction, double[] z)
    {
        var step = row.F * row.F * z.Sum(v => v * v) / direction.Sum(v => v * v);
        return [.. x.Select((v, i) => v + step * direction[i] + Math.Sqrt(2 * step) * row.D * z[i])];
    }

    private static double[] Evaluate(Denoiser denoiser, double[] x, double[] history, int time, int? label)
    {
        using var scope = NewDisposeScope();
        var network = denoiser.Manifest.Network;
        long[] shape = [1, network.Channels, network.ImageSize, network.ImageSize];
        var labels = network.NullLabel is { } none ? tensor(new long[] { label ?? none }) : null;
        var memory = network.Memory ? tensor(Array.ConvertAll(history, v => (float)v), shape) : null;
        var output = denoiser.Evaluate(tensor(Array.ConvertAll(x, v => (float)v), shape), tensor(new long[] { time }), labels, memory);
        return Array.ConvertAll(output.data<float>().ToArray(), v => (double)v);
    }

    private static double[] Normal(ulong seed, int sample, int step, NoisePurpose purpose, int size)
    {
        var values = new float[size];
        SeededNoise.Normal(seed, (uint)sample, (uint)step, purpose, values);
        return Array.ConvertAll(values, v => (double)v);
    }
}
