using Diffusion.Guidance;
using Diffusion.Testing;
using static TorchSharp.torch;

namespace Diffusion.Tests.Guidance;

public sealed class DynamicThresholdTests
{
    // |x0| = 0, 0.25, .., 2.5 in an order of no meaning
    private static readonly double[] Eleven = [0.5, -2.5, 0, 1.25, -0.25, 2, -1, 0.75, 2.25, -1.5, 1.75];

    [Theory]
    [InlineData(1, 2.5)]
    [InlineData(0.9, 2.25)]
    [InlineData(0.85, 2.125)]
    [InlineData(0.625, 1.5625)]
    [InlineData(0.3, 1)]
    [InlineData(0, 1)]
    public void Apply_Percentile_ClipsThereAndScalesBack(double share, double bound)
    {
        using var scope = NewDisposeScope();
        var found = DynamicThreshold.Apply(tensor(Eleven, [1, 1, 1, 11]), [share]).data<double>().ToArray();
        for (var i = 0; i < 11; i++) Near.Absolute(Math.Clamp(Eleven[i], -bound, bound) / bound, found[i], 1e-12, $"share {share} pixel {i}");
    }

    [Fact]
    public void Apply_RowsOfOtherShares_EachHasItsOwn()
    {
        using var scope = NewDisposeScope();
        float[] all = [.. Enumerable.Range(0, 64 * 51).Select(i => 2 * MathF.Sin(i * i * 0.1f))];
        double[] shares = [.. Enumerable.Range(0, 64).Select(i => 1 - i * 0.01)];
        var together = DynamicThreshold.Apply(tensor(all, [64, 1, 3, 17]), shares).data<float>().ToArray();
        Assert.All(together, v => Assert.InRange(v, -1f, 1f));
        for (var row = 0; row < 64; row += 9)
        {
            var alone = DynamicThreshold.Apply(tensor(all[(row * 51)..((row + 1) * 51)], [1, 1, 3, 17]), [shares[row]]);
            Assert.Equal(together[(row * 51)..((row + 1) * 51)], alone.data<float>().ToArray());
        }
        Assert.Throws<ArgumentException>(() => DynamicThreshold.Apply(tensor(all, [64, 1, 3, 17]), [0.5]));
    }
}
