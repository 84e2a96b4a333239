using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Schedules;

public sealed class NoiseScheduleTests
{
    private const double ElevenDigits = 1e-11;

    public static TheoryData<string, int> Schedules => new()
    {
        { "linear", 1000 }, { "linear-scaled", 4000 }, { "linear-scaled", 50 }, { "cosine", 1000 }, { "cosine", 4000 }, { "cosine", 1 },
        { "cosine-floored", 1000 }, { "cosine-logsnr", 100 }, { "sigmoid", 1000 }, { "quadratic", 1000 }, { "constant", 1000 },
        { "warmup10", 1000 }, { "warmup50", 1000 }, { "vp-sde", 1000 },
    };

    [Theory]
    [MemberData(nameof(Schedules))]
    public void ForwardChain_ComposedSteps_GiveTheClosedForm(string name, int steps)
    {
        var schedule = ScheduleCatalogue.Create(name, steps);
        double mean = 1, variance = 0;
        for (var t = 1; t <= steps; t++)
        {
            mean *= Math.Sqrt(1 - schedule.Beta(t));
            variance = variance * (1 - schedule.Beta(t)) + schedule.Beta(t);
            Near.Relative(schedule.Alpha(t), mean, 1e-12, $"mean at {t}");
            Near.Absolute(schedule.Sigma(t) * schedule.Sigma(t), variance, 1e-12, $"variance at {t}");
            Near.Relative(schedule.AlphaBar(t) / variance, schedule.SignalToNoise(t), ElevenDigits, $"SNR at {t}");
        }
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Posterior_EveryStep_FulfilsItsIdentities(string name, int steps)
    {
        var schedule = ScheduleCatalogue.Create(name, steps);
        for (var t = 1; t <= steps; t++) CheckIdentities(schedule, t - 1, t);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("sigmoid")]
    public void Posterior_Respaced_FulfilsTheSameIdentities(string name)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var s = random.Next(0, 1000);
            CheckIdentities(schedule, s, random.Next(s + 1, 1001));
        }
    }

    private static void CheckIdentities(NoiseSchedule schedule, int s, int t)
    {
        var (c1, c2, variance, beta) = schedule.PosteriorBetween(s, t);
        Near.Absolute(schedule.AlphaBar(t) / schedule.AlphaBar(s), 1 - beta, 1e-15, $"beta {s} {t}");
        Near.Relative(schedule.Alpha(s), c1 + c2 * schedule.Alpha(t), ElevenDigits, $"mean {s} {t}");
        Near.Relative(1 - schedule.AlphaBar(s), c2 * c2 * (1 - schedule.AlphaBar(t)) + variance, ElevenDigits, $"variance {s} {t}");
        Near.Relative(Math.Sqrt(schedule.AlphaBar(s) / schedule.AlphaBar(t)), c1 / schedule.Alpha(t) + c2, ElevenDigits, $"noise form {s} {t}");
        if (s > 0) Near.Relative(schedule.SignalToNoise(s) - schedule.SignalToNoise(t), c1 * c1 / variance, ElevenDigits, $"SNR {s} {t}");
        else Assert.Equal(0, variance);
        // of data N(0, 1), Var(x_0 | x_t) = 1 - a_t: beta is the whole variance of the step down
        Near.Relative(beta, variance + c1 * c1 * (1 - schedule.AlphaBar(t)), ElevenDigits, $"reverse variance of N(0, 1) {s} {t}");
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("vp-sde")]
    [InlineData("ve")]
    public void Posterior_MeanOfAnImage_GivesTheImageBack(string name)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        for (var t = 1; t <= 1000; t++)
        {
            const double clean = 0.37, noise = -1.1;
            var x = schedule.Alpha(t) * clean + schedule.Sigma(t) * noise;
            // the mean as Ho et al. 2020 write it for the noise, eq. 11, in x / alpha; the network that says it says x_0 = (mu - c2 x) / c1
            double ratio = schedule.Sigma(t) / schedule.Alpha(t), before = schedule.Sigma(t - 1) / schedule.Alpha(t - 1);
            var mean = schedule.Alpha(t - 1) * (x / schedule.Alpha(t) - (ratio - before * before / ratio) * noise);
            var (c1, c2, _, _) = schedule.PosteriorBetween(t - 1, t);
            Near.Absolute(clean, (mean - c2 * x) / c1, 1e-10, $"{name} {t}");
        }
    }

    [Fact]
    public void AlphaBar_AtZero_IsOne()
    {
        var schedule = LinearSchedule.Raw(10);
        Assert.Equal((1.0, 1.0, 0.0), (schedule.AlphaBar(0), schedule.Alpha(0), schedule.Sigma(0)));
    }

    [Theory]
    [InlineData(-1, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(3, 11)]
    public void PosteriorBetween_StepsOutOfOrder_IsRefused(int s, int t) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearSchedule.Raw(10).PosteriorBetween(s, t));

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Constructor_BetaOutsideTheOpenInterval_NamesIt(double beta) =>
        Assert.Contains("beta_2", Assert.Throws<ArgumentException>(() => new NoiseSchedule("own", [0.1, beta])).Message);

    [Fact]
    public void Constructor_CallerChangesItsArray_KeepsItsOwn()
    {
        double[] betas = [0.1, 0.2];
        var schedule = new NoiseSchedule("own", betas);
        betas[1] = 0.9;
        Assert.Equal(0.2, schedule.Beta(2));
        Assert.Throws<ArgumentException>(() => new NoiseSchedule("own", []));
    }

    [Fact]
    public void Catalogue_EveryName_GivesASchedulesThatKnowsIt()
    {
        Assert.Equal(
            ["constant", "cosine", "cosine-floored", "cosine-logsnr", "linear", "linear-scaled", "quadratic", "sigmoid", "ve", "vp-sde", "warmup10", "warmup50"],
            ScheduleCatalogue.Names);
        Assert.All(ScheduleCatalogue.Names, n => Assert.Equal((n, 100), (ScheduleCatalogue.Create(n, 100).Name, ScheduleCatalogue.Create(n, 100).Steps)));
    }

    [Fact]
    public void Catalogue_UnknownName_ListsTheKnown() =>
        Assert.Contains("cosine-floored", Assert.Throws<ArgumentException>(() => ScheduleCatalogue.Create("cosin", 10)).Message);

    [Theory]
    [InlineData("linear-scaled", 20)]
    [InlineData("linear-scaled", 0)]
    [InlineData("linear", 0)]
    [InlineData("cosine", 0)]
    [InlineData("sigmoid", -1)]
    [InlineData("ve", 1)]
    [InlineData("cosine-logsnr", 0)]
    [InlineData("quadratic", 0)]
    [InlineData("constant", -1)]
    [InlineData("warmup10", -1)]
    [InlineData("warmup50", 0)]
    [InlineData("vp-sde", 0)]
    public void Catalogue_StepsThatTheScheduleCannotHave_AreRefused(string name, int steps) =>
        Assert.ThrowsAny<ArgumentException>(() => ScheduleCatalogue.Create(name, steps));

    [Fact]
    public void LinearScaled_TwentyOneSteps_IsTheShortest() => Assert.Equal(21, LinearSchedule.Scaled(21).Steps);
}
