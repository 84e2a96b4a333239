using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

public sealed class TimeWeightsTests
{
    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("cosine", 1000);
    private static readonly DistanceSettings MinSnr = new() { Weighting = LossWeighting.MinSnr, Gamma = 5 };

    private static double Snr(int t) => Math.Pow(Schedule.Alpha(t) / Schedule.Sigma(t), 2);

    [Fact]
    public void None_IsNoWeight() => Assert.Null(TimeWeights.Of(new DistanceSettings(), Prediction.Epsilon, Schedule));

    [Fact]
    public void MinSnr_OfTheNoise_IsOneUntilTheRatioIsAboveGamma()
    {
        var weight = TimeWeights.Of(MinSnr, Prediction.Epsilon, Schedule)!;
        foreach (var t in new[] { 1, 50, 150, 500, 1000 }) Near.Relative(Snr(t) > 5 ? 5 / Snr(t) : 1, weight(t), 1e-12, $"t = {t}");
        Assert.True(Snr(50) > 5 && Snr(500) < 5);
    }

    /// <summary>d(eps)^2 = SNR d(x0)^2 and d(v)^2 = (SNR + 1) d(x0)^2: whatever is named, the loss is the same.</summary>
    [Theory]
    [InlineData(Prediction.Epsilon)]
    [InlineData(Prediction.V)]
    [InlineData(Prediction.Residual)]
    [InlineData(Prediction.Edm)]
    public void MinSnr_OfWhateverIsNamed_IsTheSameLoss(Prediction prediction)
    {
        var (weight, clean) = (TimeWeights.Of(MinSnr, prediction, Schedule)!, TimeWeights.Of(MinSnr, Prediction.X0, Schedule)!);
        foreach (var t in new[] { 1, 300, 999 })
        {
            // x0 = P x_t + Q out, so an error of out is one of x0 by Q
            var q = prediction == Prediction.Residual ? -1 : prediction.ToClean(Schedule, t).Q;
            Near.Relative(clean(t) * q * q, weight(t), 1e-9, $"t = {t}");
        }
    }

    /// <summary>The larger of the squared errors of x_0 and of the noise, which is SNR times that of x_0.</summary>
    [Fact]
    public void TruncatedSnr_IsTheLargerOfTheErrorsOfImageAndNoise()
    {
        var truncated = new DistanceSettings { Weighting = LossWeighting.TruncatedSnr };
        var (clean, v) = (TimeWeights.Of(truncated, Prediction.X0, Schedule)!, TimeWeights.Of(truncated, Prediction.V, Schedule)!);
        foreach (var t in new[] { 1, 100, 400, 501, 1000 })
        {
            Near.Relative(Math.Max(1, Snr(t)), clean(t), 1e-12, $"t = {t}");
            Near.Relative(Math.Max(1, Snr(t)) / (Snr(t) + 1), v(t), 1e-12, $"t = {t}");
        }
        Assert.True(Snr(400) > 1 && Snr(501) < 1);
    }

    [Fact]
    public void SnrPlusOne_IsOneOverTheNoise()
    {
        var weight = TimeWeights.Of(new DistanceSettings { Weighting = LossWeighting.SnrPlusOne }, Prediction.X0, Schedule)!;
        Near.Relative(1 / Math.Pow(Schedule.Sigma(321), 2), weight(321), 1e-12);
    }
}
