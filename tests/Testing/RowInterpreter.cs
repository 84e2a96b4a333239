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
        var states = new List<State>();
        double x = start * table.StartScale, history = memory;
        for (var i = 0; i < table.Rows.Length; i++)
        {
            var row = table.Rows[i];
            var clean = row.P * x + row.Q * network(x, history, row.TimeIndex);
            var pull = gradient?.Invoke(x, row.TimeIndex) ?? 0;
            clean += row.G * pull;
            if (row.ClipsClean) clean = Math.Clamp(clean, -1, 1);
            x = row.A * x + row.B * clean + row.C * history + row.D * noise(i) + (row.GuidesMean ? row.D * row.D * pull : 0);
            history = clean;
            states.Add(new State(x, clean));
        }
        return states;
    }

    /// <summary>
    /// Variance of the last x, over a normal start and independent noise, for a network that is linear in x alone:
    /// the covariance of (x, history) is carried through the rows exactly. Clipping has no such law and is refused.
    /// </summary>
    public static double FinalVariance(SamplerTable table, Func<int, double> gain)
    {
        double xx = table.StartScale * table.StartScale, xh = 0, hh = 0;
        foreach (var row in table.Rows)
        {
            if (row.ClipsClean) throw new ArgumentException("The rows clip x0.", nameof(table));
            var clean = row.P + row.Q * gain(row.TimeIndex);
            var keep = row.A + row.B * clean;
            (xx, xh, hh) = (
                keep * keep * xx + 2 * keep * row.C * xh + row.C * row.C * hh + row.D * row.D,
                clean * (keep * xx + row.C * xh),
                clean * clean * xx);
        }
        return xx;
    }
}
