namespace Diffusion.Training.Jobs;

/// <summary>A job file is wrong. <see cref="Problems"/> names every wrong field at once.</summary>
public sealed class TrainingJobException : Exception
{
    /// <summary>All that is wrong with a job.</summary>
    public TrainingJobException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>One sentence a field, each beginning with the field's path.</summary>
    public IReadOnlyList<string> Problems { get; }
}
