using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Objectives;

/// <summary>What the distance of an image at time t counts.</summary>
internal static class TimeWeights
{
    /// <summary>The weight at t, or null where every image counts the same.</summary>
    /// <param name="settings">The weighting.</param>
    /// <param name="compared">What the distance is taken of: the noise, the image, v, or x_t - x_0.</param>
    /// <param name="schedule">Where SNR = alpha_t^2 / sigma_t^2 comes from.</param>
    public static Func<int, double>? Of(DistanceSettings settings, Prediction compared, NoiseSchedule schedule) => settings.Weighting switch
    {
        LossWeighting.None => null,
        LossWeighting.SnrPlusOne => t => Snr(schedule, t) + 1,
        LossWeighting.TruncatedSnr => t => Math.Max(Snr(schedule, t), 1) / OfCleanError(compared, Snr(schedule, t)),
        LossWeighting.MinSnr => t => Math.Min(Snr(schedule, t), settings.Gamma) / OfCleanError(compared, Snr(schedule, t)),
        var other => throw new ArgumentOutOfRangeException(nameof(settings), other, "Unknown weighting."),
    };

    /// <summary>The squared error of what is compared, as a multiple of that of x_0 (Salimans and Ho 2022, section 4).</summary>
    private static double OfCleanError(Prediction compared, double snr) => compared switch
    {
        Prediction.Epsilon => snr,
        Prediction.V or Prediction.Both => snr + 1,
        // 1 / c_out^2
        Prediction.Edm => snr + 1 / (PredictionMap.EdmDeviation * PredictionMap.EdmDeviation),
        _ => 1,
    };

    private static double Snr(NoiseSchedule schedule, int t) => schedule.Alpha(t) * schedule.Alpha(t) / (schedule.Sigma(t) * schedule.Sigma(t));
}
