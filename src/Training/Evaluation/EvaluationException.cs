namespace Diffusion.Training.Evaluation;

/// <summary>Something cannot be measured; the message says what and why.</summary>
public sealed class EvaluationException : Exception
{
    /// <summary>With the reason.</summary>
    public EvaluationException(string message) : base(message) { }

    /// <summary>With the reason and what lies behind it.</summary>
    public EvaluationException(string message, Exception cause) : base(message, cause) { }
}
