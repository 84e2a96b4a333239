using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class DpmSolverPlusPlus2MSamplerTests
{
    private const double Variance = 0.25;
    private static readonly NoiseSchedule Cosine = CosineSchedule.Improved(1000);
    private static readonly DenoiserTraits Model = new(Cosine, Prediction.V);

    [Fact]
    public void Compile_FirstAndLastStep_AreThoseOfDdim()
    {
        var (solver, ddim) = (Compile("dpmpp-2m", Model, 10).Rows, Compile("ddim", Model, 10).Rows);

        Assert.Equal(ddim[0], solver[0]);
        Assert.Equal(ddim[^1], solver[^1]);
        Assert.All(solver.Skip(1).Take(8), row => Assert.True(row.C < 0));
    }

    [Fact]
    public void Compile_ConstantEstimate_IsLeftAlone()
    {
        // two equal x_0 estimates extrapolate to the same, so B + C is DDIM's B
        foreach (var (row, ddim) in Compile("dpmpp-2m", Model, 10).Rows.Zip(Compile("ddim", Model, 10).Rows))
        {
            Near.Relative(ddim.B, row.B + row.C, 1e-12);
            Assert.Equal(ddim.A, row.A);
        }
    }

    [Fact]
    public void Rows_HalfTheStep_DividesTheErrorByFour()
    {
        // from t = 900 to t = 100, away from the ends, where the steps in lambda are without bound
        var denoiser = new GaussianDenoiser(Cosine, Model.Prediction, Variance);
        double Spread(int t) => Math.Sqrt(Cosine.AlphaBar(t) * Variance + 1 - Cosine.AlphaBar(t));
        double Error(int steps)
        {
            var times = Enumerable.Range(0, steps + 1).Select(i => 100 + 800 * i / steps).ToArray();
            var table = DpmSolverPlusPlus2MSampler.Table(Model, times, clips: false);
            var states = RowInterpreter.Run(table, denoiser.Output, 1, _ => 0);
            // the probability-flow solution for N(0, s2) scales with the standard deviation of x_t
            return states[^2].X - Spread(100) / Spread(900);
        }

        Assert.InRange(Error(50) / Error(100), 3.9, 4.5);
        Assert.InRange(Error(100) / Error(200), 3.9, 4.5);
    }
}
