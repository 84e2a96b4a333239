namespace Diffusion.Training.EvaluationJobs;

/// <summary>An evaluation stands where what was asked of it makes no sense.</summary>
public sealed class EvaluationConflictException : Exception
{
    internal EvaluationConflictException(EvaluationRecord of) : base($"Evaluation {of.Id} is {of.State.ToString().ToLowerInvariant()} already.") { }
}

/// <summary>No place is left in the queue.</summary>
public sealed class EvaluationQueueFullException : Exception
{
    internal EvaluationQueueFullException(int length) : base($"{length} evaluations are waiting; try again when one has started.") { }
}
