using Diffusion.Inference.Quotas;

namespace Diffusion.Inference.Jobs;

/// <summary>Why a request was not accepted.</summary>
public enum RefusalReason
{
    /// <summary>One or more fields are wrong.</summary>
    Invalid,

    /// <summary>No such model, version or alias.</summary>
    UnknownModel,

    /// <summary>The model cannot be served with that sampler or label.</summary>
    Unsupported,

    /// <summary>The client has used up what it may; others are served.</summary>
    QuotaExceeded,

    /// <summary>The queue is full.</summary>
    Overloaded,

    /// <summary>The service is stopping.</summary>
    Draining,

    /// <summary>The deadline cannot be promised.</summary>
    DeadlineInfeasible,
}

/// <summary>One wrong field.</summary>
/// <param name="Field">Request field, such as <c>steps</c>.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record FieldError(string Field, string Message);

/// <summary>A request that was not accepted; nothing of it is queued.</summary>
public sealed class GenerationRefusedException(RefusalReason reason, IReadOnlyList<FieldError> errors, TimeSpan? retryAfter = null)
    : Exception(string.Join(" ", errors.Select(e => e.Message)))
{
    /// <summary>Why.</summary>
    public RefusalReason Reason { get; } = reason;

    /// <summary>Every wrong field.</summary>
    public IReadOnlyList<FieldError> Errors { get; } = errors;

    /// <summary>When to try again, for <see cref="RefusalReason.Overloaded"/> and <see cref="RefusalReason.QuotaExceeded"/>; null if that would not help.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Generations that were in progress, for <see cref="RefusalReason.Overloaded"/>.</summary>
    public int? QueueDepth { get; init; }

    /// <summary>
    /// When all that is accepted will have run, for <see cref="RefusalReason.Overloaded"/>; how long the request can be
    /// promised to take, for <see cref="RefusalReason.DeadlineInfeasible"/>.
    /// </summary>
    public TimeSpan? PredictedWait { get; init; }

    /// <summary>Which limit was reached, for <see cref="RefusalReason.QuotaExceeded"/>.</summary>
    public QuotaState? Quota { get; init; }
}
