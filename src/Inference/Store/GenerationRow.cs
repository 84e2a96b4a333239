using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Store;

/// <summary>A generation in the database; times are Unix milliseconds.</summary>
internal sealed class GenerationRow
{
    public required string Id { get; init; }

    public required RecordState State { get; set; }

    /// <summary>Who asked.</summary>
    public string? Client { get; init; }

    /// <summary>See <see cref="RequestDocument"/>.</summary>
    public required string Document { get; init; }

    public required long Created { get; init; }

    public long? Started { get; set; }

    public long? Ended { get; set; }

    /// <summary>Its cancellation was promised; it is not taken up again.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>Starts in a row that took it up and died before it had ended.</summary>
    public int Attempts { get; set; }

    public long ResultBytes { get; set; }

    public double? QueueMilliseconds { get; set; }

    public double? SampleMilliseconds { get; set; }

    public string? Problem { get; set; }

    public string? Detail { get; set; }

    public int Revision { get; set; } = 1;

    public bool IsFinal => State is not (RecordState.Queued or RecordState.Running);

    public static GenerationRow Of(Generation generation, IReadOnlyDictionary<string, string> answer) => new()
    {
        Id = generation.Id,
        State = RecordState.Queued,
        Client = generation.Request.Client,
        Document = RequestDocument.Write(generation.Request.Resolved, answer),
        Created = LiveRecord.CreatedAt(generation.Id).ToUnixTimeMilliseconds(),
    };

    public void End(RecordState state, DateTimeOffset now)
    {
        State = state;
        Ended = now.ToUnixTimeMilliseconds();
        Revision++;
    }

    public GenerationRecord ToRecord(TimeSpan resultAge)
    {
        var document = RequestDocument.Read(Document);
        return new GenerationRecord
        {
            Id = Id,
            State = State,
            Request = document.Request,
            Answer = document.Answer,
            IsDurable = true,
            Revision = Revision,
            Created = DateTimeOffset.FromUnixTimeMilliseconds(Created),
            Started = At(Started),
            Ended = At(Ended),
            Expires = State == RecordState.Succeeded ? At(Ended) + resultAge : null,
            QueueMilliseconds = QueueMilliseconds,
            SampleMilliseconds = SampleMilliseconds,
            Problem = Problem,
            Detail = Detail,
        };
    }

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
}
