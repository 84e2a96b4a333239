using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class DpmSolverPlusPlus2MSdeSamplerTests
{
    private static readonly NoiseSchedule Cosine = CosineSchedule.Improved(1000);
    private static readonly DenoiserTraits Model = new(Cosine, Prediction.V);

    /// <summary>lambda = ln(alpha/sigma), h and h_prev its steps, D = x0 + h/(2 h_prev) (x0 - x0_prev), x_t = sigma_t/sigma_s e^-h x + alpha_t (1 - e^-2h) D + sigma_t sqrt(1 - e^-2h) z.</summary>
    [Theory]
    [InlineData("trailing")]
    [InlineData("karras")]
    [InlineData("logsnr")]
    public void Compile_AnySpacing_IsTheStepOfThePaper(string spacing)
    {
        var rows = Compile("dpmpp-2m-sde", Model, 12, ("spacing", spacing)).Rows;
        double Lambda(int i) => 0.5 * Math.Log(Cosine.SignalToNoise(rows[i].TimeIndex + 1));
        for (var i = 1; i < 11; i++)
        {
            var (s, t) = (rows[i].TimeIndex + 1, rows[i + 1].TimeIndex + 1);
            double h = Lambda(i + 1) - Lambda(i), share = h / (2 * (Lambda(i) - Lambda(i - 1))), gain = Cosine.Alpha(t) * (1 - Math.Exp(-2 * h));
            Near.Relative(Cosine.Sigma(t) / Cosine.Sigma(s) * Math.Exp(-h), rows[i].A, 1e-9);
            Near.Relative(gain * (1 + share), rows[i].B, 1e-9);
            Near.Relative(-gain * share, rows[i].C, 1e-9);
            Near.Relative(Cosine.Sigma(t) * Math.Sqrt(1 - Math.Exp(-2 * h)), rows[i].D, 1e-9);
        }
    }

    [Fact]
    public void Compile_FirstAndLastStep_AreThoseOfDdimWithNoise()
    {
        var (solver, ddim) = (Compile("dpmpp-2m-sde", Model, 10).Rows, Compile("ddim", Model, 10, ("eta", "1")).Rows);

        Assert.Equal(ddim[0], solver[0]);
        Assert.Equal(ddim[^1], solver[^1]);
        Assert.All(solver.Skip(1).Take(8), row => Assert.True(row.C < 0));
    }

    /// <summary>By a recursion of the covariance of (x, last x_0) in float64 on its own: 0.236202, 0.0560283, 0.0128157, 0.00306307.</summary>
    [Theory]
    [InlineData(20, 0.2362022)]
    [InlineData(40, 0.05602829)]
    [InlineData(80, 0.01281572)]
    [InlineData(160, 0.003063073)]
    public void Table_OfGaussianDataOnTheKarrasGrid_HasTheKnownErrorOfTheVariance(int nodes, double error) => Near.Relative(error, Error(nodes), 1e-5);

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    public void Table_TwiceTheSteps_DividesTheErrorOfTheVarianceByFour(int nodes) => Assert.InRange(Error(nodes) / Error(2 * nodes), 3.9, 4.5);

    // of x at the lowest time, where it has the variance of its law: as a share of that
    private static double Error(int nodes)
    {
        const double variance = 0.25;
        var schedule = KarrasGrid.Schedule(nodes);
        var model = new DenoiserTraits(schedule, Prediction.Epsilon);
        var rows = DpmSolverPlusPlus2MSampler.Table(model, [.. Enumerable.Range(1, nodes)], clips: false, eta: 1).Rows;
        double Law(int t) => schedule.AlphaBar(t) * variance + schedule.Variance(t);
        // the covariance of x and of the estimate before it; the estimate of Gaussian data is a multiple of x
        double xx = Law(nodes), xm = 0, mm = 0;
        for (var k = 0; k < nodes - 1; k++)
        {
            var gain = schedule.Alpha(nodes - k) * variance / Law(nodes - k);
            var (a, c) = (rows[k].A + rows[k].B * gain, rows[k].C);
            (xx, xm, mm) = (a * a * xx + 2 * a * c * xm + c * c * mm + rows[k].D * rows[k].D, gain * (a * xx + c * xm), gain * gain * xx);
        }
        return xx / Law(1) - 1;
    }
}
