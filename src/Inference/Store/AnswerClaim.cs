using System.Text.Json;

namespace Diffusion.Inference.Store;

/// <summary>What an Idempotency-Key means for a request.</summary>
public enum AnswerOutcome
{
    /// <summary>The key is new: the request is carried out.</summary>
    Fresh,

    /// <summary>The request was carried out before; its answer is given again.</summary>
    Replay,

    /// <summary>The same request is being carried out now.</summary>
    InProgress,

    /// <summary>The key belongs to another request.</summary>
    Reused,
}

/// <summary>The hold on a key while its request is carried out; disposing it gives the key back unless an answer was kept.</summary>
public sealed class AnswerClaim : IDisposable
{
    private readonly string key, fingerprint;
    private readonly Action? release;

    internal AnswerClaim(AnswerOutcome outcome, string key, string fingerprint, KeptAnswer? answer = null, Action? release = null) =>
        (Outcome, this.key, this.fingerprint, Answer, this.release) = (outcome, key, fingerprint, answer, release);

    /// <summary>What the key means.</summary>
    public AnswerOutcome Outcome { get; }

    /// <summary>The answer to give again, for <see cref="AnswerOutcome.Replay"/>.</summary>
    public KeptAnswer? Answer { get; }

    /// <inheritdoc/>
    public void Dispose() => release?.Invoke();

    internal AnswerRow RowOf(KeptAnswer answer, DateTimeOffset now)
    {
        var headers = JsonSerializer.Serialize(answer.Headers);
        return new AnswerRow
        {
            Key = key,
            Fingerprint = fingerprint,
            Created = now.ToUnixTimeMilliseconds(),
            Status = answer.Status,
            Headers = headers,
            Body = answer.Body,
            Bytes = answer.Body.Length + headers.Length + key.Length + fingerprint.Length,
        };
    }
}
