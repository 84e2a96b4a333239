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

    [Theory]
    [InlineData(20, 4.926e-2)]
    [InlineData(40, 1.040e-2)]
    [InlineData(80, 2.380e-3)]
    [InlineData(160, 5.646e-4)]
    public void Compile_KarrasGrid_HasTheKnownError(int nodes, double error) => Assert.Equal(error, Error(nodes), error * 2e-3);

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(160)]
    public void Compile_KarrasGridWithTwiceTheSteps_DividesTheErrorByFour(int nodes) => Assert.InRange(Error(nodes) / Error(2 * nodes), 3.9, 4.5);

    /// <summary>lambda = ln(alpha/sigma), h and h_prev its steps, D = (1 + h/(2 h_prev)) x0 - h/(2 h_prev) x0_prev, x_t = sigma_t/sigma_s x - alpha_t (e^-h - 1) D.</summary>
    [Theory]
    [InlineData("trailing")]
    [InlineData("karras")]
    [InlineData("logsnr")]
    public void Compile_AnySpacing_IsTheStepOfThePaper(string spacing)
    {
        var rows = Compile("dpmpp-2m", Model, 12, ("spacing", spacing)).Rows;
        double Lambda(int i) => 0.5 * Math.Log(Cosine.SignalToNoise(rows[i].TimeIndex + 1));
        for (var i = 1; i < 11; i++)
        {
            var (s, t) = (rows[i].TimeIndex + 1, rows[i + 1].TimeIndex + 1);
            double h = Lambda(i + 1) - Lambda(i), share = h / (2 * (Lambda(i) - Lambda(i - 1))), gain = -Cosine.Alpha(t) * (Math.Exp(-h) - 1);
            Near.Relative(Cosine.Sigma(t) / Cosine.Sigma(s), rows[i].A, 1e-9);
            Near.Relative(gain * (1 + share), rows[i].B, 1e-9);
            Near.Relative(-gain * share, rows[i].C, 1e-9);
        }
    }

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
            var table = DpmSolverPlusPlus2MSampler.Table(Model, times, clips: false, eta: 0);
            var states = RowInterpreter.Run(table, denoiser.Output, 1, _ => 0);
            // the probability-flow solution for N(0, s2) scales with the standard deviation of x_t
            return states[^2].X - Spread(100) / Spread(900);
        }

        Assert.InRange(Error(50) / Error(100), 3.9, 4.5);
        Assert.InRange(Error(100) / Error(200), 3.9, 4.5);
    }

    private static double Error(int nodes) => KarrasGrid.Error(nodes, (model, times) => DpmSolverPlusPlus2MSampler.Table(model, times, clips: false, eta: 0));
}
