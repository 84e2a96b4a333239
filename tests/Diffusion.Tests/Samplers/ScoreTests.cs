using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Samplers;

public sealed class ScoreTests
{
    /// <summary>Of N(0, s2) the score of x_t is -x / (alpha^2 s2 + sigma^2), whatever the network says instead.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("ve")]
    public void FromClean_OfThePerfectNetworkOfAnyPrediction_IsTheScoreOfTheGaussian(string name)
    {
        var schedule = ScheduleCatalogue.Create(name, 1000);
        foreach (var prediction in GaussianDenoiser.Predictions)
            foreach (var t in new[] { 1, 2, 10, 250, 999 })
            {
                var (p, q) = prediction.ToClean(schedule, t);
                var (noisy, clean) = Score.FromClean(schedule, t);
                var gain = new GaussianDenoiser(schedule, prediction, 0.25).Gain(t - 1);
                Near.Relative(-1 / (schedule.AlphaBar(t) * 0.25 + schedule.Variance(t)), noisy + clean * (p + q * gain), 1e-6, $"{prediction} {t}");
            }
    }

    [Fact]
    public void FromClean_OfNoise_IsMinusTheNoiseOverSigma()
    {
        var schedule = LinearSchedule.Raw(1000);
        var (alpha, sigma) = (schedule.Alpha(300), schedule.Sigma(300));
        var (noisy, clean) = Score.FromClean(schedule, 300);
        Near.Relative(1.7 / sigma, noisy * (alpha * 0.3 - sigma * 1.7) + clean * 0.3, 1e-12);
    }
}
