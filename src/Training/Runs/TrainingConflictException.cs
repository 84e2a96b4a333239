namespace Diffusion.Training.Runs;

/// <summary>A job stands where what was asked of it makes no sense.</summary>
public sealed class TrainingConflictException : Exception
{
    internal TrainingConflictException(string message) : base(message) { }

    internal TrainingConflictException(QueuedJob job, string why) : this($"Training job {job.Id} is {Word(job.State)}{why}.") { }

    private static string Word(QueuedJobState state) => state.ToString().ToLowerInvariant();
}

/// <summary>No place is left in the queue.</summary>
public sealed class TrainingQueueFullException : Exception
{
    internal TrainingQueueFullException(int length) : base($"{length} training jobs are waiting; try again when one has started.") { }
}

/// <summary>The record of a job cannot be written now; nothing has changed.</summary>
public sealed class TrainingRecordException : Exception
{
    internal TrainingRecordException(Exception cause) : base("The queue of training jobs cannot be written now.", cause) { }
}
