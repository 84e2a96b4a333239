using System.Globalization;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class HeunSamplerTests
{
    private const double Variance = 0.25;

    [Theory]
    [InlineData(18, 5.527e-2)]
    [InlineData(20, 4.367e-2)]
    [InlineData(40, 9.773e-3)]
    [InlineData(80, 2.310e-3)]
    [InlineData(160, 5.565e-4)]
    public void Compile_KarrasGrid_HasTheKnownError(int nodes, double error) => Assert.Equal(error, Error(nodes), error * 2e-3);

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(160)]
    public void Compile_TwiceTheSteps_DividesTheErrorByFour(int nodes) => Assert.InRange(Error(nodes) / Error(2 * nodes), 3.9, 4.5);

    /// <summary>The two slopes of the papers' algorithm, with y = x / alpha and s = sigma / alpha, on a network that is not linear.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("ve")]
    public void Run_AnyNetwork_TakesTheMeanOfBothSlopes(string name)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        var model = new DenoiserTraits(schedule, Prediction.Epsilon);
        double Noise(double x, int t) => Math.Tanh(x) * 0.7 + 0.01 * Math.Sin(t);
        double Ratio(int t) => t == 0 ? 0 : schedule.Sigma(t) / schedule.Alpha(t);
        var table = Compile("heun", model, 17, ("clip", "off"));
        int[] times = [.. table.Rows.Where((_, i) => i % 2 == 0).Select(r => r.TimeIndex + 1), 0];
        Assert.Equal(10, times.Length);

        var y = 0.9 * table.StartScale / schedule.Alpha(times[0]);
        var states = RowInterpreter.Run(table, (x, _, index) => Noise(x, index + 1), 0.9, _ => 9);
        for (var i = 0; i < 9; i++)
        {
            var (t, s) = (times[i], times[i + 1]);
            var step = Ratio(s) - Ratio(t);
            var slope = Noise(schedule.Alpha(t) * y, t);
            if (s > 0) slope = (slope + Noise(schedule.Alpha(s) * (y + step * slope), s)) / 2;
            y += step * slope;
            Near.Relative(schedule.Alpha(s) * y, states[Math.Min(2 * i + 1, 16)].X, 1e-9, $"{name} {i}");
        }
    }

    /// <summary>Algorithm 2 of Karras et al. 2022 on y = x / alpha of Gaussian data, where each step is a factor, from the true s of the raised times.</summary>
    [Theory]
    [InlineData("ve", 41, 5, 0, 1e6, 1)]
    [InlineData("ve", 40, 5, 0, 1e6, 1.007)]
    [InlineData("ve", 41, 1000, 0.05, 20, 1)]
    [InlineData("linear", 41, 5, 0.05, 20, 1.007)]
    [InlineData("cosine", 81, 40, 0.05, 50, 1.003)]
    public void Compile_WithChurn_HasTheVarianceOfTheAlgorithm(string name, int evaluations, double churn, double least, double most, double noise)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        var model = new DenoiserTraits(schedule, Prediction.Epsilon);
        var table = Compile("heun", model, evaluations, ("clip", "off"), ("s-churn", Text(churn)), ("s-tmin", Text(least)), ("s-tmax", Text(most)), ("s-noise", Text(noise)));
        int[] times = RatioSpacing.Karras(schedule, evaluations / 2 + 1);
        var (steps, raised, at, variance) = (times.Length, 0, times[^1], Math.Pow(table.StartScale / schedule.Alpha(times[^1]), 2));
        for (var k = steps - 1; k > 0; k--)
        {
            var (here, next) = (Ratio(at), Ratio(times[k - 1]));
            // d = y s / (s2 + s^2)
            var euler = 1 + (next - here) * here / (Variance + here * here);
            var heun = 1 + (next - here) / 2 * (here / (Variance + here * here) + euler * next / (Variance + next * next));
            var factor = k == steps - 1 && evaluations % 2 == 0 ? euler : heun;
            variance *= factor * factor;
            at = times[k - 1];
            if (next < least || next > most) continue;
            var wanted = (1 + Math.Min(churn / steps, Math.Sqrt(2) - 1)) * next;
            at = Enumerable.Range(1, 1000).MinBy(t => Math.Abs(Math.Log(Ratio(t) / wanted)));
            if (at > times[k - 1]) raised++;
            variance += noise * noise * (Ratio(at) * Ratio(at) - next * next);
        }
        var clean = Variance / (Variance + Ratio(at) * Ratio(at));
        Near.Relative(clean * clean * variance, RowInterpreter.FinalVariance(table, new GaussianDenoiser(schedule, Prediction.Epsilon, Variance).Gain), 1e-9, name);
        Assert.InRange(raised, 10, steps - 1);
        Assert.Equal(raised, table.Rows.Count(r => r.D > 0));

        double Ratio(int t) => schedule.Sigma(t) / schedule.Alpha(t);
        static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(41)]
    public void Compile_ChurnOfZero_IsHeunToTheBit(int evaluations)
    {
        var model = new DenoiserTraits(Linear, Prediction.V);
        Assert.True(Compile("heun", model, evaluations).Rows.SequenceEqual(Compile("heun", model, evaluations, ("s-churn", "0"), ("s-tmin", "0.05"), ("s-tmax", "50"), ("s-noise", "1.007")).Rows));
    }

    /// <summary>Noise that is added is taken out again: many small steps end at the variance of the data.</summary>
    [Fact]
    public void Compile_ManyStepsWithChurn_EndAtTheVarianceOfTheData()
    {
        var schedule = ScheduleCatalogue.Create("ve", 1000);
        var table = Compile("heun", new DenoiserTraits(schedule, Prediction.Edm), 999, ("clip", "off"), ("s-churn", "40"), ("spacing", "logsnr"));
        Assert.InRange(RowInterpreter.FinalVariance(table, new GaussianDenoiser(schedule, Prediction.Edm, Variance).Gain), 0.249, 0.251);
    }

    [Fact]
    public void Compile_LeastAboveMost_NamesIt()
    {
        var refused = Assert.Throws<SamplingOptionException>(() => Compile("heun", new DenoiserTraits(Linear, Prediction.V), 9, ("s-tmin", "2"), ("s-tmax", "1.5")));
        Assert.Equal(("s-tmin", "s-tmin must be at most s-tmax, 1.5, got 2."), (refused.Field, refused.Message));
    }

    [Fact]
    public void Compile_EvenNumberOfEvaluations_LeavesTheFirstStepToEuler()
    {
        var model = new DenoiserTraits(Linear, Prediction.V);
        var (even, odd, euler) = (Compile("heun", model, 10).Rows, Compile("heun", model, 11).Rows, Compile("euler", model, 6).Rows);
        Assert.Equal(odd[0], euler[0]);
        Assert.True(even.SequenceEqual([odd[0], .. odd.Skip(2)]));
        Assert.Equal(euler[^1], even[^1]);
        Assert.Equal(euler[0], Compile("heun", model, 2).Rows[0] with { TimeIndex = euler[0].TimeIndex, A = euler[0].A, B = euler[0].B });
    }

    /// <summary>On the schedule of the shipped models, at equal evaluations.</summary>
    [Theory]
    [InlineData(41, 0.65)]
    [InlineData(81, 0.35)]
    [InlineData(161, 0.2)]
    public void Run_LinearScheduleAtEqualEvaluations_IsNearerThanEuler(int evaluations, double share)
    {
        double Error(string sampler)
        {
            var table = Compile(sampler, new DenoiserTraits(Linear, Prediction.Epsilon), evaluations, ("clip", "off"));
            var last = RowInterpreter.Run(table, new GaussianDenoiser(Linear, Prediction.Epsilon, Variance).Output, 1, _ => 0)[^1].X;
            var (alpha, sigma) = (Linear.Alpha(1000), Linear.Sigma(1000));
            return Math.Abs(last * Math.Sqrt((Variance * alpha * alpha + sigma * sigma) / Variance) - 1);
        }
        Assert.InRange(Error("heun") / Error("euler"), 0, share);
    }

    /// <summary>
    /// The probability-flow ODE of N(0, 1/4) down from N(0, 1) at the end of the linear schedule, of ratio 157.407: s2 / (a_T s2 + 1 - a_T). A method of
    /// order two at N and 2N steps, extrapolated, is that of six digits.
    /// </summary>
    [Fact]
    public void Compile_ManySteps_EndInTheVarianceOfTheExactFlow()
    {
        var most = Linear.Sigma(1000) / Linear.Alpha(1000);
        double End(int nodes) => KarrasGrid.FinalVariance(nodes, most, 2e-4, Down);
        var (coarse, fine) = (End(320), End(640));
        Near.Absolute(0.250008, fine + (fine - coarse) / 3, 1e-6);
        Assert.InRange(Math.Abs(coarse - 0.250008) / Math.Abs(fine - 0.250008), 3.7, 4.5);
    }

    [Fact]
    public void Compile_EighteenNodes_TakeThirtyFiveEvaluations()
    {
        var rows = 0;
        KarrasGrid.Error(18, (model, times) =>
        {
            var table = Down(model, times);
            rows = table.Rows.Length;
            return table;
        });
        Assert.Equal(35, rows);
        // each node is where one step begins, and all but the last are where another ends
        Assert.Equal(18, Compile("heun", new DenoiserTraits(Linear, Prediction.V), 35).Rows.Select(r => r.TimeIndex).Distinct().Count());
    }

    private static double Error(int nodes) => KarrasGrid.Error(nodes, Down);

    private static SamplerTable Down(DenoiserTraits model, int[] times) => HeunSampler.Table(model, times, clips: false, correctsFirst: true, Churn.None);
}
