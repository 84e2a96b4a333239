using System.Text.Json.Serialization;
using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>What a network's output stands for. Every kind gives x_0 by an affine map of x_t and the output.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Prediction>))]
public enum Prediction
{
    /// <summary>The noise: x_0 = (x - sigma out) / alpha (Ho et al. 2020).</summary>
    [JsonStringEnumMemberName("epsilon")] Epsilon,

    /// <summary>The clean image itself.</summary>
    [JsonStringEnumMemberName("x0")] X0,

    /// <summary>v = alpha eps - sigma x_0: x_0 = alpha x - sigma out (Salimans and Ho 2022), over alpha^2 + sigma^2 where that is not 1.</summary>
    [JsonStringEnumMemberName("v")] V,

    /// <summary>The difference to the clean image: x_0 = x - out (DDDM, variance-preserving form).</summary>
    [JsonStringEnumMemberName("residual")] Residual,

    /// <summary>x_0 = k x + (1 - k) out with k = sigma_1 / sigma_t: at t = 1 the identity (uDDDM, variance-exploding form).</summary>
    [JsonStringEnumMemberName("boundary")] Boundary,

    /// <summary>
    /// x_0 = c_skip x / alpha - c_out out with c_skip = 1 / ((s - s_1)^2 + 1), c_out = (s - s_1) / sqrt(s^2 + 1), s = sigma_t / alpha_t: at t = 1
    /// x / alpha itself (Song et al. 2023, section C, with a data variance of 1, so that without s_1 it is v).
    /// </summary>
    [JsonStringEnumMemberName("consistency")] Consistency,

    /// <summary>
    /// The image and the noise (Salimans and Ho 2022, section 4), with the mixture x_0 = sigma^2 x + alpha (x_t - sigma e) of the two. The network has
    /// twice the channels and gives alpha e - sigma x (<see cref="Networks.UNetConfig.BothOutputs"/>), which is <see cref="V"/> of that mixture.
    /// </summary>
    [JsonStringEnumMemberName("both")] Both,

    /// <summary>
    /// x_0 = c_skip x / alpha + c_out out with c_skip = d^2 / (s^2 + d^2), c_out = s d / sqrt(s^2 + d^2), s = sigma_t / alpha_t and d the data deviation
    /// <see cref="PredictionMap.EdmDeviation"/>; the network sees c_in x, c_in = 1 / sqrt(s^2 + d^2) (Karras et al. 2022, table 1 and eq. 7).
    /// </summary>
    [JsonStringEnumMemberName("edm")] Edm,
}

/// <summary>The affine map x_0 = P x_t + Q out of each <see cref="Prediction"/>.</summary>
public static class PredictionMap
{
    /// <summary>sigma_data of <see cref="Prediction.Edm"/> (Karras et al. 2022, table 1).</summary>
    public const double EdmDeviation = 0.5;

    /// <summary>P and Q at t in 1..T.</summary>
    public static (double P, double Q) ToClean(this Prediction prediction, NoiseSchedule schedule, int t)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        // exactly 1 where variance is preserved
        return ToClean(prediction, schedule.Alpha(t), schedule.Sigma(t), schedule.AlphaBar(t) + schedule.Variance(t), schedule.Sigma(1), schedule.Sigma(1) / schedule.Alpha(1));
    }

    /// <summary>P and Q between the times of a schedule.</summary>
    /// <param name="prediction">What the output stands for.</param>
    /// <param name="alpha">The signal scale.</param>
    /// <param name="sigma">The noise scale.</param>
    /// <param name="power">alpha^2 + sigma^2.</param>
    /// <param name="least">sigma_1 of the schedule.</param>
    /// <param name="leastRatio">sigma_1 / alpha_1 of it.</param>
    public static (double P, double Q) ToClean(this Prediction prediction, double alpha, double sigma, double power, double least, double leastRatio) => prediction switch
    {
        Prediction.Epsilon => (1 / alpha, -sigma / alpha),
        Prediction.X0 => (0, 1),
        Prediction.V or Prediction.Both => (alpha / power, -sigma / power),
        Prediction.Residual => (1, -1),
        Prediction.Boundary => (least / sigma, 1 - least / sigma),
        Prediction.Consistency => Consistent(alpha, sigma / alpha, leastRatio),
        Prediction.Edm => Preconditioned(alpha, sigma / alpha),
        _ => throw new ArgumentOutOfRangeException(nameof(prediction), prediction, "Unknown prediction."),
    };

    private static (double P, double Q) Preconditioned(double alpha, double ratio)
    {
        var power = ratio * ratio + EdmDeviation * EdmDeviation;
        return (EdmDeviation * EdmDeviation / power / alpha, ratio * EdmDeviation / Math.Sqrt(power));
    }

    private static (double P, double Q) Consistent(double alpha, double ratio, double least)
    {
        var beyond = ratio - least;
        return (1 / (beyond * beyond + 1) / alpha, -beyond / Math.Sqrt(ratio * ratio + 1));
    }
}
