using Diffusion.Guidance;
using Diffusion.Schedules;
using Diffusion.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Tests.Guidance;

public sealed class GuidanceRescaleTests
{
    private static readonly TwoModeDenoiser Law = new(LinearSchedule.Raw(1000), Mode: 0.6, Variance: 0.02);

    /// <summary>c and u of the two modes at t = 400, for three pictures of 35 pixels.</summary>
    private static (double[] C, double[] U) TwoModes()
    {
        double[] x = [.. Enumerable.Range(0, 105).Select(i => 1.7 * Math.Sin(i * 1.3) + 0.01 * (i / 35))];
        return (Array.ConvertAll(x, v => Law.ConditionalNoise(v, 400, 1)), Array.ConvertAll(x, v => Law.Noise(v, 400)));
    }

    private static Tensor Images(double[] values) => tensor(values, [values.Length / 35, 1, 5, 7]);

    private static double Deviation(ReadOnlySpan<double> values)
    {
        var (mean, sum) = (0.0, 0.0);
        foreach (var v in values) mean += v / values.Length;
        foreach (var v in values) sum += (v - mean) * (v - mean);
        return Math.Sqrt(sum / values.Length);
    }

    [Fact]
    public void Apply_TwoModes_IsThePapersMixture()
    {
        set_num_threads(1);
        using var scope = NewDisposeScope();
        var (c, u) = TwoModes();
        double[] phis = [0, 0.7, 1], guided = [.. c.Zip(u, (a, b) => ClassifierFreeGuidance.Combine(a, b, 4.0))];
        var found = GuidanceRescale.Apply(Images(guided), Images(c), tensor(phis, [3, 1, 1, 1])).data<double>().ToArray();
        for (var row = 0; row < 3; row++)
        {
            var own = guided.AsSpan(row * 35, 35);
            var ratio = Deviation(c.AsSpan(row * 35, 35)) / Deviation(own);
            Assert.True(ratio < 0.9, $"guidance changes nothing here: {ratio}");
            for (var i = 0; i < 35; i++)
                Near.Absolute(phis[row] * own[i] * ratio + (1 - phis[row]) * own[i], found[row * 35 + i], 1e-12, $"row {row} pixel {i}");
        }
        Assert.Equal(guided[..35], found[..35]);
        Near.Absolute(Deviation(c.AsSpan(70, 35)), Deviation(found.AsSpan(70, 35)), 1e-12, "phi 1");
    }

    [Fact]
    public void Apply_OutputWithoutContrast_StaysAsItIs()
    {
        using var scope = NewDisposeScope();
        var found = GuidanceRescale.Apply(ones(1, 1, 5, 7), Images(TwoModes().C[..35]).to_type(ScalarType.Float32), ones(1, 1, 1, 1));
        Assert.All(found.data<float>().ToArray(), v => Assert.Equal(1f, v));
    }

    [Fact]
    public void Apply_AloneAndAmong64_GivesTheSameBits()
    {
        using var scope = NewDisposeScope();
        float[] c = [.. Enumerable.Range(0, 64 * 101).Select(i => MathF.Sin(i * 0.37f))], guided = [.. c.Select((v, i) => v * 2 + MathF.Cos(i))];
        var together = Bits(c, guided, 0, 64);
        for (var row = 0; row < 64; row += 9) Assert.Equal(together[(row * 101)..((row + 1) * 101)], Bits(c, guided, row, 1));

        static float[] Bits(float[] c, float[] guided, int first, int count)
        {
            Tensor Part(float[] of) => tensor(of[(first * 101)..((first + count) * 101)], [count, 1, 1, 101]);
            return GuidanceRescale.Apply(Part(guided), Part(c), full(count, 1, 1, 1, 0.7f)).data<float>().ToArray();
        }
    }
}
