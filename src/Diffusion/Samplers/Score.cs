using Diffusion.Guidance;
using Diffusion.Schedules;

namespace Diffusion.Samplers;

/// <summary>
/// The score of x_t that any model's estimate of the image stands for: grad log q(x_t) = E[grad log q(x_t | x_0) | x_t] = (alpha x_0 - x) / sigma^2,
/// which is -eps / sigma (Song et al. 2021, "Score-based generative modeling through stochastic differential equations", eq. 7).
/// </summary>
public static class Score
{
    /// <summary>Weights of x_t and of the estimate of x_0 in the score, t in 1..T.</summary>
    public static (double Noisy, double Clean) FromClean(NoiseSchedule schedule, int t)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return (-1 / schedule.Variance(t), schedule.Alpha(t) / schedule.Variance(t));
    }

    /// <summary>The row x' = keep x + weight score, with no noise yet.</summary>
    internal static SamplerRow Row(DenoiserTraits model, int t, double keep, double weight, bool clips)
    {
        var (p, q) = model.Prediction.ToClean(model.Schedule, t);
        var (noisy, clean) = FromClean(model.Schedule, t);
        return new SamplerRow { TimeIndex = t - 1, P = p, Q = q, ClipsClean = clips, G = ClassifierGuidance.CleanWeight(model.Schedule, t), A = keep + weight * noisy, B = weight * clean };
    }

    /// <summary>Why a model has no score everywhere, or null if it has one.</summary>
    internal static string? Missing(string sampler, DenoiserTraits model) => model.Prediction is Prediction.Boundary or Prediction.Consistency
        ? $"{sampler} follows the score, and a model of the prediction {model.Prediction.ToString().ToLowerInvariant()} has none at t = 1, where it answers with its input."
        : null;
}
