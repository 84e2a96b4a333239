using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;
using Diffusion.Training.Loop;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

public sealed class PredictionTargetTests
{
    private static readonly NoiseSchedule Schedule = ScheduleCatalogue.Create("linear", 1000);

    /// <summary>
    /// The least loss that there can be on x_0 ~ N(0, s2), over uniform t: that of the best estimate alpha s2 / V x_t with V = alpha^2 s2 + sigma^2. Errors are
    /// linear in x_0 and the noise, so that two images stand for the expectation: one of a deviation without noise, and noise of one without an image.
    /// </summary>
    [Theory]
    [InlineData(0.25, Prediction.Epsilon, 0.1730534)]
    [InlineData(0.25, Prediction.X0, 0.2067366)]
    [InlineData(0.25, Prediction.V, 0.3797901)]
    [InlineData(1, Prediction.Epsilon, 0.2755132)]
    [InlineData(1, Prediction.X0, 0.7244868)]
    [InlineData(1, Prediction.V, 1)]
    [InlineData(0.25, Prediction.Both, 0.3797901)]
    [InlineData(1, Prediction.Both, 1)]
    public void Of_TheBestNetworkOnGaussianData_LeavesTheKnownLoss(double s2, Prediction prediction, double least)
    {
        var times = Enumerable.Range(1, Schedule.Steps).ToArray();
        var (images, noises) = (Batch(times, (float)Math.Sqrt(s2), 0), Batch(times, 0, 1));
        Assert.Equal(least, Loss(images) + Loss(noises), 1e-6);

        double Loss(TrainingBatch batch)
        {
            var target = PredictionTarget.Of(batch, prediction, Schedule);
            return times.Index().Average(i =>
            {
                var (p, q) = prediction.ToClean(Schedule, i.Item);
                var clean = Schedule.Alpha(i.Item) * s2 / (Schedule.AlphaBar(i.Item) * s2 + Schedule.Variance(i.Item)) * batch.Noisy[i.Index];
                var error = (clean - p * batch.Noisy[i.Index]) / q - target[i.Index];
                return error * error;
            });
        }
    }

    /// <summary>
    /// The weighted loss of Karras et al. 2022, eq. 2 with (s^2 + d^2) / (s d)^2, of D = c_skip x + c_out F, is the squared error of F itself; and on data of the deviation d
    /// what F has to say has a variance of 1 at every time, so that a fresh network, F = 0, has the loss 1 everywhere.
    /// </summary>
    [Fact]
    public void Of_Edm_HasAWeightOfOneAtEveryTime()
    {
        const double d = 0.5;
        var schedule = ScheduleCatalogue.Create("ve", 1000);
        var times = Enumerable.Range(1, schedule.Steps).ToArray();
        var (images, noises) = (Batch(times, (float)d, 0, schedule), Batch(times, 0, 1, schedule));
        var (ofImages, ofNoises) = (PredictionTarget.Of(images, Prediction.Edm, schedule), PredictionTarget.Of(noises, Prediction.Edm, schedule));
        var mixed = Batch(times, -0.3f, 0.8f, schedule);
        var target = PredictionTarget.Of(mixed, Prediction.Edm, schedule);
        for (var i = 0; i < times.Length; i++)
        {
            Near.Relative(1, Math.Pow(ofImages[i], 2) + Math.Pow(ofNoises[i], 2), 1e-6, $"{i}");
            var s = schedule.Sigma(i + 1);
            double skip = d * d / (s * s + d * d), scale = s * d / Math.Sqrt(s * s + d * d), weight = (s * s + d * d) / Math.Pow(s * d, 2);
            var denoised = skip * (-0.3f + s * 0.8f) + scale * 0.6;
            Near.Relative(weight * Math.Pow(denoised - -0.3f, 2), Math.Pow(0.6 - target[i], 2), 1e-4, $"{i}");
        }
    }

    private static TrainingBatch Batch(int[] times, float clean, float noise, NoiseSchedule? schedule = null) => new TrainingBatch
    {
        Step = 0,
        Epoch = 0,
        Progress = 0,
        Indices = [.. Enumerable.Range(0, times.Length)],
        Labels = null,
        Clean = [.. times.Select(_ => clean)],
        Noise = [.. times.Select(_ => noise)],
    }.At(times, schedule ?? Schedule);
}
