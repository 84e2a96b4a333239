using System.Diagnostics;
using System.Globalization;
using Diffusion.Checkpoints;
using Diffusion.Exchange;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Diffusion.Training.Data;
using Diffusion.Training.EvaluationJobs;
using Diffusion.Training.Imports;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.Mvc;

namespace Diffusion.Api.Errors;

/// <summary>What an exception means to a caller. HTTP and the hub tell it in the same words.</summary>
internal sealed record Failure(Problem Problem, string Detail, IReadOnlyList<FieldError> Errors, TimeSpan? RetryAfter = null)
{
    /// <summary>Members of the problem beyond those of RFC 9457, by name.</summary>
    public IReadOnlyDictionary<string, object> Members { get; init; } = new Dictionary<string, object>();

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1), Later = TimeSpan.FromSeconds(10), StorePause = TimeSpan.FromSeconds(5);

    /// <summary>Generations in progress, where that is why.</summary>
    public int? QueueDepth { get; init; }

    /// <summary>How long it would take, where that is why.</summary>
    public TimeSpan? PredictedWait { get; init; }

    /// <summary>Maps an exception; what is not known says nothing of itself.</summary>
    public static Failure Of(Exception exception) => exception switch
    {
        RequestRefusedException refused => new(refused.Problem, refused.Message, refused.Errors, refused.Problem == ProblemCatalogue.TooManyStreams ? Soon : refused.Problem == ProblemCatalogue.Overloaded ? Later : null) { Members = refused.Members },
        ImportRefusedException refused => new(OfFault(refused.Fault), refused.Message, [new FieldError(refused.Entry, refused.Problem)]),
        AliasConflictException moved => new(ProblemCatalogue.VersionMismatch, moved.Message, []),
        GenerationRefusedException { Quota: { } quota } refused => new(ProblemCatalogue.QuotaExceeded, refused.Message, [], refused.RetryAfter)
        {
            Members = new Dictionary<string, object> { ["limit"] = quota.Limit, ["used"] = quota.Used, ["resetsAt"] = quota.ResetsAt, ["unit"] = quota.Unit },
        },
        GenerationRefusedException refused => new(
            OfReason(refused.Reason), refused.Message, refused.Errors,
            refused.Reason == RefusalReason.Overloaded ? refused.RetryAfter ?? Soon : refused.RetryAfter)
        {
            QueueDepth = refused.QueueDepth,
            PredictedWait = refused.PredictedWait,
        },
        GenerationFailedException failed => new(ProblemCatalogue.Find(failed.Problem) ?? ProblemCatalogue.EngineError, failed.Detail, [],
            failed.Problem is "model-loading" or "gpu-out-of-memory" ? Later : null),
        TrainingJobException wrong => new(ProblemCatalogue.Validation, string.Join(" ", wrong.Problems), [.. wrong.Problems.Select(ToError)]),
        TrainingConflictException conflict => new(ProblemCatalogue.ConflictingState, conflict.Message, []),
        TrainingQueueFullException full => new(ProblemCatalogue.Overloaded, full.Message, [], Later),
        EvaluationConflictException over => new(ProblemCatalogue.ConflictingState, over.Message, []),
        EvaluationQueueFullException full => new(ProblemCatalogue.Overloaded, full.Message, [], Later),
        TrainingRecordException unwritten => new(ProblemCatalogue.StoreUnavailable, unwritten.Message, [], StorePause),
        ImageSetExistsException exists => new(ProblemCatalogue.DatasetExists, exists.Message, [new FieldError("name", exists.Message)]),
        UploadOffsetException elsewhere => new(ProblemCatalogue.MismatchingOffset, elsewhere.Message, [])
        {
            Members = new Dictionary<string, object> { ["expected-offset"] = elsewhere.Expected, ["provided-offset"] = elsewhere.Provided },
        },
        UploadDigestException other => new(ProblemCatalogue.DigestMismatch, other.Message, []),
        UploadTooLongException tooLong => new(ProblemCatalogue.TooLarge, tooLong.Message, []),
        ImportConflictException conflict => new(ProblemCatalogue.ConflictingState, conflict.Message, []),
        ImportsFullException full => new(ProblemCatalogue.Overloaded, full.Message, [], Later),
        ImportStoreException unwritten => new(ProblemCatalogue.StoreUnavailable, unwritten.Message, [], StorePause),
        DamagedDataException damaged => new(ProblemCatalogue.DamagedDataset, $"The image set cannot be read: {damaged.Problem}", []),
        StoreUnavailableException unavailable => new(ProblemCatalogue.StoreUnavailable, unavailable.Message, [], StorePause),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(ProblemCatalogue.TooLarge, "The body is too large.", []),
        BadHttpRequestException bad => new(ProblemCatalogue.OfStatus(bad.StatusCode), "The request could not be read.", []),
        // what Kestrel makes of a chunk whose size is beyond all numbers
        IOException { InnerException: OverflowException } => new(ProblemCatalogue.BadRequest, "The request could not be read.", []),
        OperationCanceledException => new(ProblemCatalogue.Canceled, "The generation was canceled.", []),
        _ => new(ProblemCatalogue.Internal, "The service failed; its log tells more under this trace id.", []),
    };

    /// <summary>The problem as RFC 9457 writes it.</summary>
    public ProblemDetails ToDetails(string? instance, string? traceId)
    {
        var details = new ProblemDetails { Type = Problem.Type, Title = Problem.Title, Status = Problem.Status, Detail = Detail, Instance = instance };
        if (Errors.Count > 0)
            details.Extensions["errors"] = Errors.GroupBy(e => e.Field, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(e => e.Message).ToArray());
        foreach (var (name, value) in Members) details.Extensions[name] = value;
        if (RetryAfter is { } wait) details.Extensions["retryAfterSeconds"] = WholeSeconds(wait);
        if (QueueDepth is { } depth) details.Extensions["queueDepth"] = depth;
        if (PredictedWait is { } predicted) details.Extensions["predictedWaitMs"] = (long)Math.Ceiling(predicted.TotalMilliseconds);
        if ((Activity.Current?.TraceId.ToString() ?? traceId) is { } id) details.Extensions["traceId"] = id;
        return details;
    }

    /// <summary>The value of the header Retry-After, or null.</summary>
    public string? RetryAfterHeader => RetryAfter is { } wait ? WholeSeconds(wait).ToString(CultureInfo.InvariantCulture) : null;

    // the reader of job files writes "path: what is wrong."
    private static FieldError ToError(string problem)
    {
        var colon = problem.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? new FieldError("", problem) : new FieldError(problem[..colon], problem);
    }

    private static int WholeSeconds(TimeSpan wait) => Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));

    private static Problem OfFault(ImportFault fault) => fault switch
    {
        ImportFault.Size => ProblemCatalogue.TooLarge,
        ImportFault.Form => ProblemCatalogue.UnsupportedMedia,
        _ => ProblemCatalogue.CorruptUpload,
    };

    private static Problem OfReason(RefusalReason reason) => reason switch
    {
        RefusalReason.Invalid => ProblemCatalogue.Validation,
        RefusalReason.UnknownModel => ProblemCatalogue.UnknownModel,
        RefusalReason.Unsupported => ProblemCatalogue.SamplerNotSupported,
        RefusalReason.QuotaExceeded => ProblemCatalogue.QuotaExceeded,
        RefusalReason.Overloaded => ProblemCatalogue.Overloaded,
        RefusalReason.Draining => ProblemCatalogue.Draining,
        RefusalReason.DeadlineInfeasible => ProblemCatalogue.DeadlineInfeasible,
        _ => ProblemCatalogue.Internal,
    };
}
