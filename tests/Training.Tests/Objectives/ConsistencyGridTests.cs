using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

public sealed class ConsistencyGridTests
{
    private static readonly ConsistencyTrainingSettings Published = new();
    private static readonly NoiseSchedule Cosine = ScheduleCatalogue.Create("cosine", 1000);

    /// <summary>s_0 = 10, s_1 = 1280, K = 400 000: eight stages of 50 000.</summary>
    [Theory]
    [InlineData(0, 11)]
    [InlineData(49_999, 11)]
    [InlineData(50_000, 21)]
    [InlineData(149_999, 41)]
    [InlineData(150_000, 81)]
    [InlineData(349_999, 641)]
    [InlineData(350_000, 1281)]
    [InlineData(399_999, 1281)]
    public void CountAt_OfThePaper_DoublesInEightStages(int step, int count) => Assert.Equal(count, ConsistencyGrid.CountAt(Published, step, 400_000, 4000));

    /// <summary>T = 1000 leaves 999 pairs: log2 99 + 1 = 7.63 stages of 131 steps in 1000.</summary>
    [Theory]
    [InlineData(130, 11)]
    [InlineData(131, 21)]
    [InlineData(916, 641)]
    [InlineData(917, 1000)]
    [InlineData(999, 1000)]
    public void CountAt_FewerTimesThanThat_EndsWithAllOfThem(int step, int count) => Assert.Equal(count, ConsistencyGrid.CountAt(Published, step, 1000, 1000));

    [Fact]
    public void CountAt_ARunOfFewerStepsThanStages_EndsWithAllTimes()
    {
        Assert.Equal(11, ConsistencyGrid.CountAt(Published, 0, 3, 1000));
        Assert.Equal(2, ConsistencyGrid.CountAt(Published, 2, 3, 2));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(11)]
    [InlineData(1000)]
    public void Time_OfEveryCount_HasBothEndsAndRises(int count)
    {
        var times = Enumerable.Range(0, count).Select(new ConsistencyGrid(Cosine, count, Published).Time).ToArray();
        Assert.Equal((1, 1000, count), (times[0], times[^1], times.Distinct().Count()));
        Assert.Equal(times.Order(), times);
    }

    [Theory]
    [InlineData(11, -1.1, 2.0)]
    [InlineData(161, -1.1, 2.0)]
    [InlineData(11, 0.5, 0.7)]
    public void Probability_OfAPair_IsTheMassOfTheLogNormalBetweenItsTimes(int count, double mean, double deviation)
    {
        var grid = new ConsistencyGrid(Cosine, count, Published with { LogMean = mean, LogDeviation = deviation });
        double Log(int t) => Math.Log(Cosine.Sigma(t) / Cosine.Alpha(t));
        var masses = Enumerable.Range(0, count - 1).Select(i => Mass(Log(grid.Time(i)), Log(grid.Time(i + 1)), mean, deviation)).ToArray();
        for (var i = 0; i < masses.Length; i++) Near.Absolute(masses[i] / masses.Sum(), grid.Probability(i), 1e-9, $"pair {i}");
        Near.Absolute(1, Enumerable.Range(0, count - 1).Sum(grid.Probability), 1e-12);
    }

    [Fact]
    public void Draw_EvenNumbers_GivesEachPairItsShare()
    {
        var grid = new ConsistencyGrid(Cosine, 21, Published);
        const int draws = 100_000;
        var counts = new int[20];
        for (var i = 0; i < draws; i++) counts[grid.Draw((i + 0.5) / draws)]++;
        for (var i = 0; i < counts.Length; i++) Near.Absolute(grid.Probability(i), counts[i] / (double)draws, 1.01 / draws);
        Assert.Equal((0, 19), (grid.Draw(0), grid.Draw(Math.BitDecrement(1.0))));
        // a share begins where the one before it ends
        Assert.Equal((0, 1), (grid.Draw(Math.BitDecrement(grid.Probability(0))), grid.Draw(grid.Probability(0))));
    }

    [Fact]
    public void Weight_OfAPair_IsOneOverItsGap()
    {
        var (angle, sigma) = (new ConsistencyGrid(Cosine, 11, Published), new ConsistencyGrid(Cosine, 11, Published with { Gap = TimeGap.Sigma }));
        for (var i = 0; i < 10; i++)
        {
            var (a, b) = (Cosine.Sigma(angle.Time(i)) / Cosine.Alpha(angle.Time(i)), Cosine.Sigma(angle.Time(i + 1)) / Cosine.Alpha(angle.Time(i + 1)));
            Near.Relative(1 / (b - a), sigma.Weight(i), 1e-9);
            Near.Relative(1 / (Math.Atan(b) - Math.Atan(a)), angle.Weight(i), 1e-9);
        }
        // what the second is for: at t = T the first is next to nothing
        Assert.True(sigma.Weight(9) < 1e-4 && angle.Weight(9) > 1);
    }

    /// <summary>
    /// What a linear network learns on data N(0, 1/4), pair after pair from the smallest time up: its weight on y = x / alpha is that before
    /// times (s2 + s s') / (s2 + s'^2), s = sigma / alpha. With many times that is the way of the probability flow, sqrt((s2 + s_1^2) / (s2 + s^2)).
    /// </summary>
    [Fact]
    public void Pairs_OfGaussianData_HaveTheKnownBestLinearFunction()
    {
        const double data = 0.25;
        const int samples = 200_000;
        double Ratio(int t) => Cosine.Sigma(t) / Cosine.Alpha(t);
        double Step(int s, int t) => (data + Ratio(s) * Ratio(t)) / (data + Ratio(t) * Ratio(t));
        var random = new Random(7);
        var (clean, noise) = (Normal(0.5), Normal(1));
        var grid = new ConsistencyGrid(Cosine, 11, Published);
        var (measured, known) = (1 / Cosine.Alpha(1), 1.0);
        for (var i = 0; i < 10; i++)
        {
            var (earlier, later) = (new float[samples], new float[samples]);
            BatchSource.Diffuse(Cosine, grid.Time(i), clean, noise, earlier);
            BatchSource.Diffuse(Cosine, grid.Time(i + 1), clean, noise, later);
            double product = 0, square = 0;
            for (var n = 0; n < samples; n++)
            {
                product += measured * earlier[n] * later[n];
                square += (double)later[n] * later[n];
            }
            measured = product / square;
            known *= Step(grid.Time(i), grid.Time(i + 1));
            // of a number that is itself near 0 at t = T the deviation of the data counts
            Near.Absolute(known / Cosine.Alpha(grid.Time(i + 1)), measured, 0.01 * Math.Max(known / Cosine.Alpha(grid.Time(i + 1)), 0.5), $"weight at {grid.Time(i + 1)}");
        }
        var all = new ConsistencyGrid(Cosine, 1000, Published);
        var flow = 1.0;
        for (var i = 0; i < 998; i++)
        {
            flow *= Step(all.Time(i), all.Time(i + 1));
            var (first, here) = (Ratio(1), Ratio(all.Time(i + 1)));
            Near.Relative(Math.Sqrt((data + first * first) / (data + here * here)), flow, 0.01, $"flow at {all.Time(i + 1)}");
        }

        float[] Normal(double deviation) => [.. Enumerable.Range(0, samples).Select(_ => (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-2, 0.022750131948179195)]
    [InlineData(6, 0.9999999990134123)]
    [InlineData(-9, 0)]
    [InlineData(40, 1)]
    public void NormalMass_HasTheKnownNumbers(double x, double mass) => Near.Absolute(mass, Statistics.NormalMass(x), 1e-15);

    /// <summary>Simpson's rule on the density.</summary>
    private static double Mass(double from, double to, double mean, double deviation)
    {
        const int parts = 2000;
        var h = (to - from) / parts;
        double Density(double l) => Math.Exp(-0.5 * Math.Pow((l - mean) / deviation, 2)) / (deviation * Math.Sqrt(2 * Math.PI));
        return Enumerable.Range(0, parts + 1).Sum(i => Density(from + i * h) * (i is 0 or parts ? 1 : i % 2 == 1 ? 4 : 2)) * h / 3;
    }
}
