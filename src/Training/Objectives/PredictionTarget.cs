using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Loop;

namespace Diffusion.Training.Objectives;

/// <summary>What a network ought to say of the noisy images of a batch.</summary>
internal static class PredictionTarget
{
    /// <summary>B x C x H x W numbers.</summary>
    public static float[] Of(TrainingBatch batch, Prediction prediction, NoiseSchedule schedule) => prediction switch
    {
        Prediction.Epsilon => batch.Noise,
        Prediction.X0 => batch.Clean,
        Prediction.V or Prediction.Both => Mix(batch, t => (schedule.Alpha(t), -schedule.Sigma(t))),
        // x_t - x_0
        Prediction.Residual => Mix(batch, t => (schedule.Sigma(t), schedule.Alpha(t) - 1)),
        // that of which D = c_skip x + c_out F is the image; its squared error is the paper's, of D and by the weight 1 / c_out^2
        Prediction.Edm => Mix(batch, t => Solved(prediction.ToClean(schedule, t), schedule, t)),
        var other => throw new ArgumentOutOfRangeException(nameof(prediction), other, "Unknown prediction."),
    };

    /// <summary>(x_0 - P x_t) / Q.</summary>
    private static (double Noise, double Clean) Solved((double P, double Q) map, NoiseSchedule schedule, int t) =>
        (-map.P * schedule.Sigma(t) / map.Q, (1 - map.P * schedule.Alpha(t)) / map.Q);

    private static float[] Mix(TrainingBatch batch, Func<int, (double Noise, double Clean)> weights)
    {
        var target = new float[batch.Clean.Length];
        var pixels = target.Length / batch.Count;
        for (var i = 0; i < target.Length; i++)
        {
            var (noise, clean) = weights(batch.Times[i / pixels]);
            target[i] = (float)(noise * batch.Noise[i] + clean * batch.Clean[i]);
        }
        return target;
    }
}
