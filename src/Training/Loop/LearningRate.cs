using Diffusion.Training.Jobs;

namespace Diffusion.Training.Loop;

/// <summary>Linear warm-up, then what the job says.</summary>
internal static class LearningRate
{
    /// <param name="settings">Full rate, warm-up, decay, final share.</param>
    /// <param name="step">0-based.</param>
    /// <param name="steps">Length of the run.</param>
    public static double At(OptimizerSettings settings, int step, int steps)
    {
        if (step < settings.Warmup) return settings.LearningRate * (step + 1) / settings.Warmup;
        var progress = (double)(step - settings.Warmup) / Math.Max(1, steps - settings.Warmup);
        return settings.LearningRate * settings.Decay switch
        {
            RateDecay.Constant => 1,
            RateDecay.InverseSqrt => Math.Sqrt(settings.Warmup / (step + 1.0)),
            RateDecay.Linear => settings.FinalShare + (1 - settings.FinalShare) * (1 - progress),
            _ => settings.FinalShare + (1 - settings.FinalShare) * 0.5 * (1 + Math.Cos(Math.PI * progress)),
        };
    }
}
