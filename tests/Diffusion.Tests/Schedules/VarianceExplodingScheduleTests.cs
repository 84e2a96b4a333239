using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Schedules;

public sealed class VarianceExplodingScheduleTests
{
    private static readonly NoiseSchedule Schedule = VarianceExplodingSchedule.Create(1000);

    /// <summary>Geometric 0.01..50 over 1000 steps: computed by hand with the common ratio 5000^(1/999) = 1.00856216636.</summary>
    [Theory]
    [InlineData(1, 0.01)]
    [InlineData(2, 0.010085621664)]
    [InlineData(500, 0.704098900001)]
    [InlineData(1000, 50)]
    public void Sigma_KnownStep_HasItsConstant(int t, double expected) => Near.Relative(expected, Schedule.Sigma(t), 1e-8);

    [Fact]
    public void Sigma_RisesByOneRatio_AndTheImageIsKeptWhole()
    {
        for (var t = 2; t <= 1000; t++) Near.Relative(Math.Pow(5000, 1 / 999.0), Schedule.Sigma(t) / Schedule.Sigma(t - 1), 1e-12, $"ratio at {t}");
        for (var t = 0; t <= 1000; t++) Assert.Equal((1.0, 1.0), (Schedule.Alpha(t), Schedule.AlphaBar(t)));
        Assert.Equal((0.0, true, false), (Schedule.Sigma(0), Schedule.IsVarianceExploding, CosineSchedule.Improved(10).IsVarianceExploding));
    }

    [Fact]
    public void ForwardChain_ComposedSteps_GiveTheClosedForm()
    {
        var variance = 0.0;
        for (var t = 1; t <= 1000; t++) Near.Relative(Schedule.Sigma(t) * Schedule.Sigma(t), variance += Schedule.Beta(t), 1e-12, $"variance at {t}");
    }

    [Fact]
    public void Posterior_AnyStep_IsThatOfTwoGaussians()
    {
        foreach (var (s, t) in new[] { (0, 1), (1, 2), (499, 500), (999, 1000), (1, 1000), (250, 700), (0, 1000) })
        {
            var (clean, noisy, variance, added) = Schedule.PosteriorBetween(s, t);
            double before = Math.Pow(Schedule.Sigma(s), 2), after = Math.Pow(Schedule.Sigma(t), 2);
            Near.Relative(after - before, added, 1e-9, $"added {s} {t}");
            Near.Absolute(1, clean + noisy, 1e-12, $"mean {s} {t}");
            // the product of N(x_s; x0, before) and N(x_t; x_s, after - before), as a density of x_s
            if (s > 0) Near.Relative(1 / (1 / before + 1 / (after - before)), variance, 1e-9, $"variance {s} {t}");
            else Assert.Equal(0, variance);
            Near.Absolute(before, noisy * noisy * after + variance, 1e-9 * after, $"marginal {s} {t}");
        }
    }

    [Fact]
    public void InputScale_MakesTheImageOfTheSchedulePreservingVariance()
    {
        var linear = LinearSchedule.Raw(1000);
        var same = NoiseSchedule.Exploding("own", [.. Enumerable.Range(1, 1000).Select(t => linear.Sigma(t) / linear.Alpha(t))]);
        for (var t = 1; t <= 1000; t++)
        {
            Near.Relative(linear.Alpha(t), same.InputScale(t), 1e-9, $"scale at {t}");
            Near.Relative(linear.Sigma(t), same.InputScale(t) * same.Sigma(t), 1e-9, $"noise at {t}");
        }
        foreach (var name in ScheduleCatalogue.Names.Where(n => n != VarianceExplodingSchedule.Name))
            for (var t = 0; t <= 100; t++) Assert.Equal(1.0, ScheduleCatalogue.Create(name, 100).InputScale(t));
    }

    [Fact]
    public void StartScale_IsSigmaWhereVarianceExplodes()
    {
        Near.Relative(50, Schedule.StartScale(1000), 1e-12);
        Near.Relative(Schedule.Sigma(700), Schedule.StartScale(700), 1e-12);
        Assert.Equal(1, CosineSchedule.Improved(10).StartScale(7));
    }

    [Fact]
    public void Boundary_IsTheIdentityAtTheLeastNoise()
    {
        Assert.Equal((1.0, 0.0), Prediction.Boundary.ToClean(Schedule, 1));
        foreach (var t in new[] { 2, 300, 1000 })
        {
            var (p, q) = Prediction.Boundary.ToClean(Schedule, t);
            Near.Relative(0.01 / Schedule.Sigma(t), p, 1e-12, $"kappa at {t}");
            Near.Absolute(1, p + q, 1e-15);
        }
    }

    /// <summary>v = alpha eps - sigma x0 names x0 although alpha^2 + sigma^2 is not 1.</summary>
    [Fact]
    public void V_WhereVarianceExplodes_IsInverted()
    {
        foreach (var t in new[] { 1, 300, 1000 })
        {
            var (p, q) = Prediction.V.ToClean(Schedule, t);
            const double clean = 0.4, noise = -1.3;
            Near.Absolute(clean, p * (clean + Schedule.Sigma(t) * noise) + q * (noise - Schedule.Sigma(t) * clean), 1e-9);
        }
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(2.0, 1.0)]
    [InlineData(1.0, 1.0)]
    [InlineData(1.0, double.NaN)]
    [InlineData(1.0, double.PositiveInfinity)]
    public void Exploding_SigmasThatDoNotRise_NamesIt(double first, double second) =>
        Assert.Contains(first == 0 ? "sigma_1" : "sigma_2", Assert.Throws<ArgumentException>(() => NoiseSchedule.Exploding("own", [first, second])).Message, StringComparison.Ordinal);

    [Fact]
    public void Exploding_NoSigmas_IsRefused() => Assert.Throws<ArgumentException>(() => NoiseSchedule.Exploding("own", []));
}
