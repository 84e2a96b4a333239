using Diffusion.Samplers;

namespace Diffusion.Testing;

/// <summary>Runs a table of rows on one number, in float64: what the engine does on tensors, without the engine. v of a learned variance is 0.</summary>
public static class RowInterpreter
{
    /// <summary>A network on one number: output of (x, memory, time index 0..T-1).</summary>
    public delegate double Network(double x, double memory, int timeIndex);

    /// <summary>The state after a row.</summary>
    /// <param name="X">x'.</param>
    /// <param name="Clean">The x0 of that row, clipped if it clips.</param>
    public readonly record struct State(double X, double Clean);

    /// <summary>All states, one per row.</summary>
    /// <param name="table">The compiled sampler.</param>
    /// <param name="network">The network.</param>
    /// <param name="start">x_T before <see cref="SamplerTable.StartScale"/>.</param>
    /// <param name="noise">z of the row with that position.</param>
    /// <param name="memory">The history before the first row.</param>
    /// <param name="gradient">s g of a classifier at (x, time index), or null.</param>
    public static IReadOnlyList<State> Run(
        SamplerTable table, Network network, double start, Func<int, double> noise, double memory = 0, Func<double, int, double>? gradient = null)
    {
        ArgumentNullException.ThrowIfNull(noise);
        return [.. Run(table, network, [start], (row, _) => noise(row), memory, gradient).Select(s => new State(s.X[0], s.Clean[0]))];
    }

    /// <summary>The same on a picture of several pixels, which the norms of a Langevin row make more than so many numbers.</summary>
    /// <param name="table">The compiled sampler.</param>
    /// <param name="network">The network, which answers pixel by pixel.</param>
    /// <param name="start">x_T before <see cref="SamplerTable.StartScale"/>.</param>
    /// <param name="noise">z of a row and a pixel.</param>
    /// <param name="memory">The history before the first row.</param>
    /// <param name="gradient">s g of a classifier at (x, time index) of a pixel, or null.</param>
    public static IReadOnlyList<(double[] X, double[] Clean)> Run(
        SamplerTable table, Network network, double[] start, Func<int, int, double> noise, double memory = 0, Func<double, int, double>? gradient = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(noise);
        var states = new List<(double[] X, double[] Clean)>();
        var x = Array.ConvertAll(start, v => v * table.StartScale);
        var history = Array.ConvertAll(start, _ => memory);
        for (var i = 0; i < table.Rows.Length; i++)
        {
            var row = table.Rows[i];
            var z = Enumerable.Range(0, x.Length).Select(pixel => noise(i, pixel)).ToArray();
            var pull = Array.ConvertAll(x, v => gradient?.Invoke(v, row.TimeIndex) ?? 0);
            var clean = x.Select((v, pixel) => row.P * v + row.Q * network(v, history[pixel], row.TimeIndex) + row.G * pull[pixel]).Select(v => row.ClipsClean ? Math.Clamp(v, -1, 1) : v).ToArray();
            var moved = x.Select((v, pixel) => row.A * v + row.B * clean[pixel] + row.C * history[pixel] + (row.GuidesMean ? row.D * row.D * pull[pixel] : 0)).ToArray();
            x = row.F == 0 ? [.. moved.Zip(z, (m, n) => m + row.D * n)] : Langevin(row, x, moved, z);
            history = clean;
            states.Add((x, clean));
        }
        return states;
    }

    /// <summary>
    /// Variance of the last x, over a normal start and independent noise, for a network that is linear in x alone:
    /// the covariance of (x, history) is carried through the rows exactly. Clipping has no such law and is refused. The norms of a
    /// Langevin row are those of a picture of endlessly many pixels.
    /// </summary>
    public static double FinalVariance(SamplerTable table, Func<int, double> gain)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(gain);
        double xx = table.StartScale * table.StartScale, xh = 0, hh = 0;
        foreach (var row in table.Rows)
        {
            if (row.ClipsClean) throw new ArgumentException("The rows clip x0.", nameof(table));
            var clean = row.P + row.Q * gain(row.TimeIndex);
            var (keep, deviation) = (row.A + row.B * clean, row.D);
            if (row.F != 0)
            {
                var step = row.F * row.F / (keep * keep * xx);
                (keep, deviation) = (1 + step * keep, row.D * Math.Sqrt(2 * step));
            }
            (xx, xh, hh) = (
                keep * keep * xx + 2 * keep * row.C * xh + row.C * row.C * hh + deviation * deviation,
                clean * (keep * xx + row.C * xh),
                clean * clean * xx);
        }
        return xx;
    }

    private static double[] Langevin(SamplerRow row, double[] x, double[] drift, double[] z)
    {
        var step = row.F * row.F * z.Sum(v => v * v) / drift.Sum(v => v * v);
        return [.. Enumerable.Range(0, x.Length).Select(i => x[i] + step * drift[i] + Math.Sqrt(2 * step) * row.D * z[i])];
    }
}
