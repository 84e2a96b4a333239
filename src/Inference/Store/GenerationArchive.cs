using System.Collections.Concurrent;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>
/// The generations that survive a restart. What <see cref="KeepAsync"/> has answered is on the disk; it is finished by
/// this process or by the next. Safe from any thread.
/// </summary>
public sealed class GenerationArchive
{
    private readonly GenerationService generations;
    private readonly StoreDoor door;
    private readonly StoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ConcurrentDictionary<string, GenerationTracker> trackers = new(StringComparer.Ordinal);

    internal GenerationArchive(GenerationService generations, StoreDoor door, IOptions<StoreOptions> options, TimeProvider time, ILogger<GenerationArchive> logger) =>
        (this.generations, this.door, this.options, this.time, this.logger) = (generations, door, options.Value, time, logger);

    /// <summary>Why nothing durable is accepted now, or null.</summary>
    public string? Trouble => door.Shut ?? trackers.Values.Select(t => t.Trouble).FirstOrDefault(t => t is not null);

    /// <summary>The followers of unfinished generations.</summary>
    internal IEnumerable<Task> Unfinished => trackers.Values.Select(t => t.Recorded);

    /// <summary>Makes a generation durable, whatever it has done so far; afterwards it is independent of its caller.</summary>
    /// <param name="generation">Not yet kept.</param>
    /// <param name="answer">See <see cref="GenerationRecord.Answer"/>.</param>
    /// <param name="claim">The Idempotency-Key of the request, or null.</param>
    /// <param name="reply">What a repetition of the request is told if this process dies before it has answered; written with the record.</param>
    /// <exception cref="StoreUnavailableException">It is not kept; the caller decides what becomes of it.</exception>
    public async Task<GenerationRecord> KeepAsync(
        Generation generation, IReadOnlyDictionary<string, string> answer, AnswerClaim? claim = null, Func<GenerationRecord, KeptAnswer>? reply = null)
    {
        ArgumentNullException.ThrowIfNull(generation);
        ArgumentNullException.ThrowIfNull(answer);
        var session = door.Session;
        if (Trouble is { } trouble) throw new StoreUnavailableException(trouble);
        var row = GenerationRow.Of(generation, answer);
        var record = row.ToRecord(options.ResultAge);
        var placeholder = claim is null || reply is null ? null : claim.RowOf(reply(record), time.GetUtcNow());
        await session.Writer.WriteAsync(context =>
        {
            context.Add(row);
            if (placeholder is not null) AnswerLedger.Put(context, placeholder);
            return true;
        }).ConfigureAwait(false);
        Follow(session, generation);
        return record;
    }

    /// <summary>A generation: a durable one, or a plain one that lives or ended not long ago; else null.</summary>
    /// <exception cref="StoreUnavailableException">The records cannot be read, and it may be among them.</exception>
    public GenerationRecord? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var live = generations.Find(id);
        if (live is not null && door.Shut is not null) return LiveRecord.Of(live);
        return door.Session.Database.Read(c => c.Generations.Find(id))?.ToRecord(options.ResultAge) ?? (live is null ? null : LiveRecord.Of(live));
    }

    /// <summary>Durable generations, newest first.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="before">Only those accepted before this id; null begins with the newest.</param>
    /// <param name="state">Only those that stand there, or null.</param>
    /// <param name="client">Only those that this client asked for, or null.</param>
    /// <exception cref="StoreUnavailableException">The records cannot be read.</exception>
    public IReadOnlyList<GenerationRecord> List(int limit, string? before = null, RecordState? state = null, string? client = null) => door.Session.Database.Read(context =>
    {
        IQueryable<GenerationRow> rows = context.Generations;
        if (state is { } wanted) rows = rows.Where(r => r.State == wanted);
        if (client is not null) rows = rows.Where(r => r.Client == client);
        if (before is not null) rows = rows.Where(r => string.Compare(r.Id, before) < 0);
        return rows.OrderByDescending(r => r.Id).Take(limit).AsEnumerable().Select(r => r.ToRecord(options.ResultAge)).ToArray();
    });

    /// <summary>Cancels a generation; the promise is on the disk when this answers.</summary>
    /// <returns>The record as it is now, and whether there was still something to cancel; null if there is no such generation.</returns>
    /// <exception cref="StoreUnavailableException">It goes on.</exception>
    public async Task<(GenerationRecord Record, bool Changed)?> CancelAsync(string id)
    {
        if (Find(id) is not { } record) return null;
        var live = generations.Find(id);
        if (record.IsFinal) return (record, false);
        if (!record.IsDurable)
        {
            live!.Cancel();
            return (record, true);
        }
        var followed = trackers.ContainsKey(id);
        var row = await door.Session.Writer.WriteAsync(context =>
        {
            var row = context.Generations.Find(id);
            if (row is null or { IsFinal: true }) return row;
            row.CancelRequested = true;
            // nobody follows it yet: it waits to be taken up after a restart
            if (!followed) row.End(RecordState.Canceled, time.GetUtcNow());
            return row;
        }).ConfigureAwait(false);
        live?.Cancel();
        return row is null ? null : (row.ToRecord(options.ResultAge), row.CancelRequested);
    }

    /// <summary>Removes every trace of a generation; one that runs is canceled.</summary>
    /// <returns>False if there was none.</returns>
    /// <exception cref="StoreUnavailableException">It is still there.</exception>
    public async Task<bool> RemoveAsync(string id)
    {
        if (Find(id) is not { } record) return false;
        if (record.IsDurable)
        {
            var session = door.Session;
            await session.Writer.WriteAsync(context =>
            {
                if (context.Generations.Find(id) is { } row) context.Remove(row);
                return true;
            }).ConfigureAwait(false);
            session.Files.Delete(id);
        }
        generations.Forget(id);
        return true;
    }

    /// <summary>The pictures of a generation that succeeded, or null if they are not there any more.</summary>
    /// <exception cref="StoreUnavailableException">They cannot be read.</exception>
    public GenerationResult? ReadResult(GenerationRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.IsDurable) return door.Session.Files.Read(record);
        return generations.Find(record.Id)?.Completion is { IsCompletedSuccessfully: true } done ? done.Result : null;
    }

    /// <summary>Waits until the end of a generation is on the disk, at most so long.</summary>
    public async Task WaitAsync(string id, TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (!trackers.TryGetValue(id, out var tracker)) return;
        try
        {
            await tracker.Recorded.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // the caller looks for itself how far it is
        }
    }

    /// <summary>Follows a generation whose record exists.</summary>
    internal void Follow(StoreSession session, Generation generation)
    {
        var tracker = new GenerationTracker(session, generation, options, time, logger);
        trackers[generation.Id] = tracker;
        tracker.Start(() => trackers.TryRemove(generation.Id, out _));
    }

    // nothing is lost if it cannot be written: what is left only runs alone at the next start
    private async Task ForgiveAsync()
    {
        try
        {
            if (door.Shut is null) await Recovery.ForgiveAsync(door.Session).ConfigureAwait(false);
        }
        catch (StoreUnavailableException failure)
        {
            logger.StoreTrouble(failure, failure.Message);
        }
    }

    /// <summary>Writes the ends that there are; the rest is left to the next start.</summary>
    internal async Task StopAsync()
    {
        await Task.WhenAll(trackers.Values.Select(t => t.StopAsync())).ConfigureAwait(false);
        await ForgiveAsync().ConfigureAwait(false);
        await door.CloseAsync().ConfigureAwait(false);
    }
}
