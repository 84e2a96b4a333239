using Diffusion.Schedules;
using static TorchSharp.torch;

namespace Diffusion.Guidance;

/// <summary>
/// Classifier guidance (Dhariwal and Nichol 2021, section 4): a classifier of noisy images pulls a sampler towards a class, by
/// g = grad log p(y | x_t) at x_t times a scale s.
/// </summary>
/// <remarks>
/// Deterministic samplers (algorithm 2): eps' = eps - s sigma_t g, that is x0' = x0 + s sigma_t^2 / alpha_t g, whatever the network
/// predicts. Ancestral sampling (algorithm 1): the mean moves by s Sigma g, Sigma the variance of the step.
/// </remarks>
public static class ClassifierGuidance
{
    /// <summary>The scale that means no guidance.</summary>
    public const double NoGuidance = 0;

    /// <summary>sigma_t^2 / alpha_t, what a unit of g adds to x0; t in 1..T.</summary>
    public static double CleanWeight(NoiseSchedule schedule, int t)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return schedule.Variance(t) / schedule.Alpha(t);
    }

    /// <summary>g: gradients are recorded in here, whoever has them off outside.</summary>
    /// <param name="logits">log p(y | x_t) up to a constant, [N, classes] of [N, C, H, W]; each row of its own image alone.</param>
    /// <param name="x">x_t, [N, C, H, W].</param>
    /// <param name="labels">y, [N], int64.</param>
    /// <returns>[N, C, H, W], without gradient; belongs to the caller's dispose scope.</returns>
    public static Tensor Gradient(Func<Tensor, Tensor> logits, Tensor x, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        using var scope = NewDisposeScope();
        using var on = enable_grad();
        var at = x.detach().requires_grad_();
        var chosen = logits(at).log_softmax(1).gather(1, labels.unsqueeze(1));
        return autograd.grad([chosen.sum()], [at])[0].MoveToOuterDisposeScope();
    }
}
