namespace Diffusion.Training.Loop;

/// <summary>The loss or the gradient is no longer a number. The weights of the last resume point and every published version are untouched.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(int step, string what, double value)
        : base($"Training stopped at step {step}: the {what} is {value}. The state saved before it is kept; lower the learning rate or clip the gradient.") => Step = step;

    /// <summary>The 0-based step at which it happened.</summary>
    public int Step { get; }
}
