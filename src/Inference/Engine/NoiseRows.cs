using Diffusion.Inference.Jobs;
using Diffusion.Noise;

namespace Diffusion.Inference.Engine;

/// <summary>Counter-based noise of some pictures, laid out for one upload.</summary>
internal static class NoiseRows
{
    /// <summary>x_T of one picture.</summary>
    public static void Start(ulong seed, int sample, double scale, Span<float> destination) =>
        Draw(seed, sample, 0, NoisePurpose.Start, scale, destination);

    /// <summary>The first memory of one picture.</summary>
    public static void Memory(ulong seed, int sample, Span<float> destination) =>
        Draw(seed, sample, 0, NoisePurpose.Memory, 1, destination);

    /// <summary>D z of the rows that have noise, [K, C, H, W], and which those are; null if none has.</summary>
    public static (float[] Values, long[] Rows)? Steps(IReadOnlyList<RowInput> rows, PictureShape shape)
    {
        var noisy = Enumerable.Range(0, rows.Count).Where(i => rows[i].Row.D != 0).Select(i => (long)i).ToArray();
        if (noisy.Length == 0) return null;
        var values = new float[noisy.Length * shape.Values];
        for (var k = 0; k < noisy.Length; k++)
        {
            var row = rows[(int)noisy[k]];
            Draw(row.Seed, row.Sample, row.Step, NoisePurpose.Step, row.Row.D, values.AsSpan(k * shape.Values, shape.Values));
        }
        return (values, noisy);
    }

    private static void Draw(ulong seed, int sample, int step, NoisePurpose purpose, double scale, Span<float> destination)
    {
        SeededNoise.Normal(seed, (uint)sample, (uint)step, purpose, destination);
        if (scale == 1) return;
        var factor = (float)scale;
        foreach (ref var value in destination) value *= factor;
    }
}
