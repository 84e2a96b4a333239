using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>Remembers answers by Idempotency-Key, over restarts. Safe from any thread.</summary>
public sealed class AnswerLedger
{
    private readonly StoreDoor door;
    private readonly StoreOptions options;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, string> inProgress = new(StringComparer.Ordinal);

    internal AnswerLedger(StoreDoor door, IOptions<StoreOptions> options, TimeProvider time) => (this.door, this.options, this.time) = (door, options.Value, time);

    /// <summary>The largest body that is kept.</summary>
    public long MostBytes => options.MaxAnswerBytes / 8;

    /// <summary>Takes hold of a key, or says what it stands for.</summary>
    /// <param name="key">Digest of who asks, where, and with which key.</param>
    /// <param name="fingerprint">Digest of the request.</param>
    /// <exception cref="StoreUnavailableException">Nothing can be promised now.</exception>
    public AnswerClaim Claim(string key, string fingerprint)
    {
        var database = door.Session.Database;
        if (!inProgress.TryAdd(key, fingerprint))
            return new AnswerClaim(inProgress.GetValueOrDefault(key, fingerprint) == fingerprint ? AnswerOutcome.InProgress : AnswerOutcome.Reused, key, fingerprint);
        try
        {
            var oldest = (time.GetUtcNow() - options.AnswerAge).ToUnixTimeMilliseconds();
            var known = database.Read(c => c.Answers.Find(key));
            if (known is null || known.Created < oldest)
                return new AnswerClaim(AnswerOutcome.Fresh, key, fingerprint, release: () => inProgress.TryRemove(key, out _));
            inProgress.TryRemove(key, out _);
            return known.Fingerprint == fingerprint
                ? new AnswerClaim(AnswerOutcome.Replay, key, fingerprint, new KeptAnswer(known.Status, JsonSerializer.Deserialize<Dictionary<string, string>>(known.Headers)!, known.Body))
                : new AnswerClaim(AnswerOutcome.Reused, key, fingerprint);
        }
        catch
        {
            inProgress.TryRemove(key, out _);
            throw;
        }
    }

    /// <summary>Keeps the answer of a fresh claim; it is on the disk when this answers.</summary>
    /// <exception cref="StoreUnavailableException">It is not kept.</exception>
    public Task KeepAsync(AnswerClaim claim, KeptAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(answer);
        var row = claim.RowOf(answer, time.GetUtcNow());
        return door.Session.Writer.WriteAsync(context => Put(context, row));
    }

    /// <summary>Adds an answer, over an older one of the key.</summary>
    internal static bool Put(StoreContext context, AnswerRow row)
    {
        if (context.Answers.Find(row.Key) is not { } known)
        {
            context.Add(row);
            return true;
        }
        (known.Fingerprint, known.Created, known.Status, known.Headers, known.Body, known.Bytes) =
            (row.Fingerprint, row.Created, row.Status, row.Headers, row.Body, row.Bytes);
        return false;
    }
}
