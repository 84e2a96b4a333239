using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>Going on from an estimate with fresh noise instead of that which it was made from.</summary>
internal static class Renoising
{
    /// <summary>The row with x' = alpha_s x0 + noise, which is at s what the estimate is at its own time.</summary>
    /// <param name="row">The row that makes the estimate.</param>
    /// <param name="schedule">Of the model.</param>
    /// <param name="s">Where x' is, in 1..T.</param>
    /// <param name="left">Variance of the noise that is still in the estimate.</param>
    public static SamplerRow To(SamplerRow row, NoiseSchedule schedule, int s, double left = 0) =>
        row with { A = 0, B = schedule.Alpha(s), D = Math.Sqrt(Math.Max(0, schedule.Variance(s) - schedule.AlphaBar(s) * left)) };
}
