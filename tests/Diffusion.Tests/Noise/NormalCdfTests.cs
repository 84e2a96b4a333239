using Diffusion.Noise;
using Diffusion.Testing;
using static TorchSharp.torch;

namespace Diffusion.Tests.Noise;

public sealed class NormalCdfTests
{
    private static double[] Above(NormalCdf cdf, double[] z)
    {
        using var scope = NewDisposeScope();
        return cdf.Above(tensor(z)).data<double>().ToArray();
    }

    /// <summary>The published approximation is off by 1.7893e-4 at most, at |z| = 2.592, looked for from -8 to 8.</summary>
    [Fact]
    public void Tanh_IsFurthestFromTheExactMassAtTheKnownPlaces()
    {
        double[] z = [.. Enumerable.Range(-80_000, 160_001).Select(i => i * 1e-4)];
        var errors = Above(NormalCdf.Tanh, z).Zip(Above(NormalCdf.Exact, z), (tanh, exact) => tanh - exact).ToArray();
        var worst = errors.Select(Math.Abs).Max();
        Near.Absolute(1.7893e-4, worst, 5e-9);
        Assert.Equal([-2.592, 2.592], new[] { z[Array.IndexOf(errors, errors.Min())], z[Array.IndexOf(errors, errors.Max())] }.Order().Select(at => Math.Round(at, 3)));
        Near.Absolute(worst, errors.Max(), 1e-12);
        Near.Absolute(-worst, errors.Min(), 1e-12);
    }

    /// <summary>The form as it is published, by the tanh itself.</summary>
    [Fact]
    public void Tanh_IsThePublishedFormula()
    {
        double[] z = [-4, -1.5, -0.2, 0, 0.7, 2.592, 5];
        foreach (var (found, at) in Above(NormalCdf.Tanh, z).Zip(z))
            Near.Absolute(1 - 0.5 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (at + 0.044715 * at * at * at))), found, 1e-15, $"{at}");
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.15865525393145705)]
    [InlineData(-1.96, 0.9750021048517795)]
    [InlineData(6, 9.865876450376946e-10)]
    public void Exact_IsTheMassOfTheTables(double z, double mass) => Near.Relative(mass, Above(NormalCdf.Exact, [z])[0], 1e-12);
}
