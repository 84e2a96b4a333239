using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Tests.Objectives;

public sealed class ProgressiveTargetTests
{
    private const int Total = 40;

    [Theory]
    [InlineData("cosine", Prediction.V, 20)]
    [InlineData("cosine", Prediction.V, 5)]
    [InlineData("linear-scaled", Prediction.X0, 5)]
    [InlineData("cosine", Prediction.X0, 1)]
    [InlineData("ve", Prediction.X0, 5)]
    public void Of_AnyTeacher_OneStepLandsWhereTwoLand(string name, Prediction prediction, int steps)
    {
        var schedule = ScheduleCatalogue.Create(name, Total);
        var target = new ProgressiveTarget(new DenoiserTraits(schedule, prediction), steps);
        var random = new Random(3);
        // what a network says is anything at all; x_0 follows from it as from any other
        var (a, b, c) = (random.NextDouble() * 3, random.NextDouble(), random.NextDouble());
        double Teacher(double z, int t)
        {
            var (p, q) = prediction.ToClean(schedule, t);
            return p * z + q * Math.Sin(a * z + b * t + c);
        }
        double[] noisy = [.. Enumerable.Range(0, steps).Select(_ => 4 * random.NextDouble() - 2)];
        var found = Of(target, noisy, [.. Enumerable.Range(0, steps)], Teacher);
        for (var i = 0; i < steps; i++)
        {
            // u = (N - i) / N, in the middle, and at the end of the student's step
            var (t, mid, s) = (Total * (steps - i) / steps, Total * (2 * (steps - i) - 1) / (2 * steps), Total * (steps - i - 1) / steps);
            Assert.Equal(t, target.Time(i));
            var z = Ddim(schedule, noisy[i], Teacher(noisy[i], t), t, mid);
            var second = Teacher(z, mid);
            z = Ddim(schedule, z, second, mid, s);
            Near.Relative(z, Ddim(schedule, noisy[i], found[i], t, s), 1e-10, $"where it lands from {t} to {s}");
            var r = schedule.Sigma(s) / schedule.Sigma(t);
            Near.Relative(s == 0 ? second : (z - r * noisy[i]) / (schedule.Alpha(s) - r * schedule.Alpha(t)), found[i], 1e-8, $"the target at {t}");
            // as Karras et al. count time, by sigma / alpha, it is where the line through both ends meets 0
            double from = schedule.Sigma(t) / schedule.Alpha(t), to = schedule.Sigma(s) / schedule.Alpha(s), start = noisy[i] / schedule.Alpha(t);
            Near.Relative(start - from * (z / schedule.Alpha(s) - start) / (to - from), found[i], 1e-8, $"the target at {from}");
        }
    }

    [Fact]
    public void Of_ATeacherThatStaysWithItsEstimate_IsThatEstimate()
    {
        var target = new ProgressiveTarget(new DenoiserTraits(ScheduleCatalogue.Create("cosine", Total), Prediction.V), 4);
        foreach (var x in Of(target, [-1.3, 0.2, 0.9, 2], [0, 1, 2, 3], (_, _) => 0.375)) Near.Absolute(0.375, x, 1e-14);
    }

    [Fact]
    public void Of_GaussianDataAtThreeRatios_HasTheKnownNumbers()
    {
        // ln SNR = 2, 0, -2 at t = 2, 3, 4; data of variance 1/4
        double[] signals = [1, 0.95, Logistic(2), 0.5, Logistic(-2)];
        var schedule = new NoiseSchedule("four", [.. Enumerable.Range(1, 4).Select(t => 1 - signals[t] / signals[t - 1])]);
        double Teacher(double z, int t) => Gain(schedule, t) * z;
        Near.Absolute(0.0947888, Teacher(1, 4), 5e-8);
        Near.Absolute(0.1900450, Of(new ProgressiveTarget(new DenoiserTraits(schedule, Prediction.X0), 2), [1], [0], Teacher)[0], 5e-8);
    }

    [Fact]
    public void Of_ThreeHalvingsOfAGaussianTeacher_WalkLikeTheFirstTeacher()
    {
        var schedule = ScheduleCatalogue.Create("cosine", 1000);
        Func<double, int, double> teacher = (z, t) => Gain(schedule, t) * z;
        foreach (var steps in new[] { 8, 4, 2 })
        {
            var (last, target) = (teacher, new ProgressiveTarget(new DenoiserTraits(schedule, Prediction.X0), steps));
            var gains = Enumerable.Range(0, steps).ToDictionary(target.Time, i => Of(target, [1], [i], last)[0]);
            teacher = (z, t) => gains[t] * z;
        }
        double few = 1, many = 1;
        for (var i = 0; i < 2; i++) few = Ddim(schedule, few, teacher(few, 1000 - 500 * i), 1000 - 500 * i, 500 - 500 * i);
        // in x / alpha each step of DDIM has the factor (s2 + s_t s_s) / (s2 + s_t^2), s = sigma / alpha
        for (var i = 0; i < 16; i++)
        {
            int t = (int)Math.Round(1000.0 * (16 - i) / 16, MidpointRounding.ToEven), s = (int)Math.Round(1000.0 * (15 - i) / 16, MidpointRounding.ToEven);
            double now = schedule.Sigma(t) / schedule.Alpha(t), then = schedule.Sigma(s) / schedule.Alpha(s);
            many *= (0.25 + now * then) / (0.25 + now * now);
        }
        Near.Relative(many / schedule.Alpha(1000), few, 1e-10, "the image");
    }

    [Fact]
    public void Of_TwoPoints_StudentsOfFewNumbersAreAtLeastTwiceAsNearAsTheTeacherWithAsFewSteps()
    {
        // data at -0.8 and 0.8: E[x_0 | x_t] = 0.8 tanh(0.8 alpha x_t / sigma^2)
        var schedule = ScheduleCatalogue.Create("cosine", 1000);
        var model = new DenoiserTraits(schedule, Prediction.X0);
        Func<double, int, double> teacher = (z, t) => 0.8 * Math.Tanh(0.8 * schedule.Alpha(t) * z / schedule.Variance(t));
        double[] starts = [.. Enumerable.Range(-50, 101).Select(i => i / 20.0)], knots = [.. Enumerable.Range(-40, 81).Select(i => i / 10.0)];
        foreach (var steps in new[] { 16, 8, 4, 2, 1 })
        {
            var (last, target) = (teacher, new ProgressiveTarget(model, steps));
            // the target is a function of x_t alone, and a student of 81 numbers for each time is that function, straight between the knots
            var tables = Enumerable.Range(0, steps).ToDictionary(target.Time, i => Of(target, knots, [.. knots.Select(_ => i)], last));
            teacher = (z, t) => Between(tables[t], z);
            double[] wanted = [.. starts.Select(z => Walk(schedule, last, 2 * steps, z))];
            double student = Error(teacher), few = Error(last);
            Assert.True(2 * student <= few, $"{steps} steps: {student} against {few}");

            double Error(Func<double, int, double> denoiser) => starts.Zip(wanted, (z, w) => Math.Pow(Walk(schedule, denoiser, steps, z) - w, 2)).Average();
        }

        double Between(double[] table, double z)
        {
            var at = Math.Clamp((z - knots[0]) * 10, 0, table.Length - 1.000001);
            return table[(int)at] + (at - (int)at) * (table[(int)at + 1] - table[(int)at]);
        }
    }

    [Fact]
    public void PlaceOf_AnyTime_IsTheRowThatReachesUpToIt()
    {
        var target = new ProgressiveTarget(new DenoiserTraits(ScheduleCatalogue.Create("cosine", Total), Prediction.V), 4);
        Assert.Equal([10, 20, 30, 40], Enumerable.Range(0, 4).Select(target.Time).Order());
        foreach (var (t, place) in new[] { (40, 0), (31, 0), (30, 1), (11, 2), (10, 3), (1, 3) }) Assert.Equal(place, target.PlaceOf(t));
    }

    [Fact]
    public void Create_MoreStepsThanTimes_NamesTheSteps() =>
        Assert.Equal("steps", Assert.Throws<SamplingOptionException>(() => new ProgressiveTarget(new DenoiserTraits(ScheduleCatalogue.Create("cosine", Total), Prediction.V), 21)).Field);

    private static double Logistic(double l) => 1 / (1 + Math.Exp(-l));

    /// <summary>E[x_0 | x_t] / x_t of data N(0, 1/4).</summary>
    private static double Gain(NoiseSchedule schedule, int t) => schedule.Alpha(t) * 0.25 / (0.25 * schedule.AlphaBar(t) + schedule.Variance(t));

    /// <summary>Song et al. 2021, eq. 12 with eta 0.</summary>
    private static double Ddim(NoiseSchedule schedule, double z, double clean, int t, int s) =>
        schedule.Alpha(s) * clean + schedule.Sigma(s) * (z - schedule.Alpha(t) * clean) / schedule.Sigma(t);

    private static double Walk(NoiseSchedule schedule, Func<double, int, double> denoiser, int steps, double z)
    {
        for (var i = steps; i > 0; i--)
        {
            int t = (int)Math.Round(1000.0 * i / steps, MidpointRounding.ToEven), s = (int)Math.Round(1000.0 * (i - 1) / steps, MidpointRounding.ToEven);
            z = Ddim(schedule, z, denoiser(z, t), t, s);
        }
        return z;
    }

    private static double[] Of(ProgressiveTarget target, double[] noisy, int[] places, Func<double, int, double> teacher)
    {
        using var scope = NewDisposeScope();
        return Numbers(target.Of(Images(noisy), places, (x, times) => Images([.. Numbers(x).Zip(times, teacher)])));
    }

    private static Tensor Images(double[] values) => tensor(values, [values.Length, 1, 1, 1]);

    private static double[] Numbers(Tensor images)
    {
        using var data = images.data<double>();
        return data.ToArray();
    }
}
