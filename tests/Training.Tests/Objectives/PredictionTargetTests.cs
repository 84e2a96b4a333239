using Diffusion.Samplers;
using Diffusion.Schedules;
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

    private static TrainingBatch Batch(int[] times, float clean, float noise) => new TrainingBatch
    {
        Step = 0,
        Epoch = 0,
        Progress = 0,
        Indices = [.. Enumerable.Range(0, times.Length)],
        Labels = null,
        Clean = [.. times.Select(_ => clean)],
        Noise = [.. times.Select(_ => noise)],
    }.At(times, Schedule);
}
