using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Diffusion.Checkpoints;
using Diffusion.Training.Data;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Imports;

/// <summary>
/// Uploads of image sets and their imports. What was taken of an upload survives a restart, and so does the promise to import it:
/// a folder each, with the bytes and a record that is replaced as a whole.
/// </summary>
public sealed class SetImports
{
    private const string Prefix = "upl_";

    // more often nobody could read it
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly Lock changing = new();
    private readonly SortedDictionary<string, SetImport> imports;
    private readonly Dictionary<string, UploadTurn> turns = new(StringComparer.Ordinal);
    private readonly Channel<bool> arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ImportFolder folder;
    private readonly ImportOptions limits;
    private readonly TimeProvider time;
    private readonly string sets;
    private TaskCompletionSource changed = Change();

    internal SetImports(IOptions<TrainingOptions> options, IOptions<ImportOptions> limits, TimeProvider time)
    {
        (sets, this.limits, this.time) = (options.Value.Data, limits.Value, time);
        folder = new ImportFolder(Path.Combine(options.Value.State, "imports"));
        imports = folder.Load();
    }

    /// <summary>All that is known of, newest first.</summary>
    public IReadOnlyList<SetImport> All
    {
        get
        {
            lock (changing) return [.. imports.Values.Reverse().Select(Live)];
        }
    }

    /// <summary>The import that is under way, or null.</summary>
    internal ActiveImport? Active { get; private set; }

    /// <summary>The upload or import of that id, or null.</summary>
    public SetImport? Find(string id)
    {
        lock (changing) return imports.TryGetValue(id, out var import) ? Live(import) : null;
    }

    /// <summary>When an upload is given up if nothing is added to it.</summary>
    public DateTimeOffset ExpiryOf(SetImport import)
    {
        ArgumentNullException.ThrowIfNull(import);
        return import.Changed + limits.UploadAge;
    }

    /// <summary>Begins an upload.</summary>
    /// <param name="name">Of the set that it shall become.</param>
    /// <param name="settings">How its images become those of the set.</param>
    /// <param name="length">Bytes in all; null where they are not known and all come at once.</param>
    /// <param name="sha256">Of all bytes, in lower-case hexadecimal, or null.</param>
    /// <exception cref="ImageSetExistsException">There is such a set, or will be.</exception>
    /// <exception cref="UploadTooLongException">It is longer than is taken.</exception>
    /// <exception cref="ImportsFullException">Too much is under way.</exception>
    /// <exception cref="ImportStoreException">The disk has no room.</exception>
    public SetImport Open(string name, ImportSettings settings, long? length, string? sha256)
    {
        if (!CheckpointNames.IsName(name)) throw new ArgumentException($"'{name}' is no name of a set.", nameof(name));
        if (length > limits.MaxBytes) throw new UploadTooLongException($"An upload may have up to {limits.MaxBytes} bytes, this one is announced with {length}.");
        var bytes = length ?? limits.MaxBodyBytes;
        lock (changing)
        {
            var live = imports.Values.Where(i => !i.IsOver).ToArray();
            if (live.FirstOrDefault(i => i.Name == name) is { } namesake) throw new ImageSetExistsException(name, $"upload {namesake.Id} is to become it");
            if (Directory.Exists(Path.Combine(sets, name))) throw new ImageSetExistsException(name, "sets are immutable");
            if (live.Length >= limits.MaxOpen) throw new ImportsFullException($"{live.Length} uploads and imports are under way; try again when one is over, or drop one.");
            if (live.Sum(i => i.Length ?? limits.MaxBodyBytes) + bytes > limits.MaxTotalBytes) throw new ImportsFullException($"Uploads under way may have {limits.MaxTotalBytes} bytes together, and there is no room for {bytes} more.");
            folder.RequireRoom(bytes);
            var now = time.GetUtcNow();
            return Keep(new SetImport(Prefix + Guid.CreateVersion7(now).ToString("N"), name, SetImportState.Receiving, settings, now) { Length = length, Sha256 = sha256, Changed = now });
        }
    }

    /// <summary>Adds bytes to an upload; with the last of them it waits to be imported. Whoever still sends to it is told to stop.</summary>
    /// <param name="id">The upload.</param>
    /// <param name="offset">Where the bytes belong.</param>
    /// <param name="body">The bytes.</param>
    /// <param name="sha256">Of these bytes, or null.</param>
    /// <param name="isLast">Whether these are known to be the last, or not to be; null where the announced length tells.</param>
    /// <param name="cancellation">The sender left.</param>
    /// <returns>Null if there is no such upload.</returns>
    /// <exception cref="UploadOffsetException">They belong elsewhere.</exception>
    /// <exception cref="UploadDigestException">They are other bytes.</exception>
    /// <exception cref="UploadTooLongException">They are too many.</exception>
    /// <exception cref="ImportConflictException">All bytes are here already, or somebody else has gone on with it.</exception>
    /// <exception cref="ImportStoreException">They cannot be written.</exception>
    public async Task<SetImport?> ReceiveAsync(string id, long offset, Stream body, byte[]? sha256, bool? isLast, CancellationToken cancellation)
    {
        using var turn = await TurnAsync(id, cancellation);
        if (Find(id) is not { } import) return null;
        if (import.State != SetImportState.Receiving) throw new ImportConflictException($"Upload {id} has all its bytes; it is {Word(import.State)}.");
        if (offset != import.Offset) throw new UploadOffsetException(import.Offset, offset);
        var room = Math.Min(limits.MaxBodyBytes, (import.Length ?? limits.MaxBodyBytes) - import.Offset);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, turn.Ended);
        var (bytes, broken) = await Reception.TakeAsync(folder.ContentOf(import), offset, room, body, sha256, end.Token);
        import = import with { Offset = offset + bytes, Changed = time.GetUtcNow() };
        if (broken is null && isLast is true) import = import with { Length = import.Length ?? import.Offset };
        if (import.Offset == import.Length && broken is null) import = import with { State = SetImportState.Queued };
        lock (changing) Keep(import);
        if (broken is null) return import;
        if (turn.Ended.IsCancellationRequested) throw new ImportConflictException($"Another request goes on with upload {id}.");
        ExceptionDispatchInfo.Throw(broken);
        return null;
    }

    /// <summary>Gives up an upload, stops its import, or forgets one that is over; the set that it became stays.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="ImportConflictException">It became a set before it could be stopped.</exception>
    public async Task<bool> DropAsync(string id, CancellationToken cancellation)
    {
        using var turn = await TurnAsync(id, cancellation);
        ActiveImport? active;
        lock (changing)
        {
            if (!imports.TryGetValue(id, out var import)) return false;
            active = Active?.Id == id ? Active : null;
            if (active is null)
            {
                Remove(import);
                return true;
            }
        }
        active.Drop();
        await active.Ended.WaitAsync(cancellation);
        lock (changing)
        {
            if (!imports.TryGetValue(id, out var import)) return true;
            if (import.State == SetImportState.Succeeded) throw new ImportConflictException($"Upload {id} became image set '{import.Name}' before it could be stopped.");
            Remove(import);
            return true;
        }
    }

    /// <summary>Waits until an import is over, but not longer than so.</summary>
    public async Task WaitAsync(string id, TimeSpan patience, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            while (true)
            {
                // taken before the look: what happens after it is not missed
                var next = Volatile.Read(ref changed).Task;
                if (Find(id) is not { IsOver: false }) return;
                await next.WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // as it stands now is the answer
        }
    }

    /// <summary>
    /// Uploads and imports as they are, and then whenever one of them has changed, until the one that was asked for is over or
    /// gone, or the service stops. A reader that is slow hears of fewer steps in between, and of every state that lasts.
    /// </summary>
    /// <param name="id">The only one wanted; null for all.</param>
    /// <param name="stopping">The service stops.</param>
    /// <param name="cancellation">The reader leaves.</param>
    public async IAsyncEnumerable<ImportNews> WatchAsync(string? id, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var seen = new Dictionary<string, SetImport>(StringComparer.Ordinal);
        while (true)
        {
            // taken before the look: what happens after it is not missed
            var next = Volatile.Read(ref changed).Task;
            var now = id is null ? [.. All.Reverse()] : Find(id) is { } only ? new[] { only } : [];
            foreach (var gone in seen.Keys.Except(now.Select(i => i.Id)).ToArray())
            {
                seen.Remove(gone);
                yield return new ImportNews(gone, null, true);
            }
            foreach (var import in now)
            {
                var before = seen.GetValueOrDefault(import.Id);
                if (before == import) continue;
                seen[import.Id] = import;
                yield return new ImportNews(import.Id, import, before?.State != import.State);
            }
            if (id is not null && (now is [] or [{ IsOver: true }]) || !await Happens(next, stopping, cancellation)) yield break;
        }
    }

    // false when nothing more will: the service stops
    private static async Task<bool> Happens(Task next, CancellationToken stopping, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        try
        {
            await next.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The import under way has come so far. Who watches hears of it now and then.</summary>
    internal void Advance(ActiveImport active, ImportProgress progress)
    {
        active.Progress = progress;
        var now = time.GetTimestamp();
        if (active.Told is { } told && time.GetElapsedTime(told, now) < Pace) return;
        active.Told = now;
        Tell();
    }

    /// <summary>Waits for an upload that is complete, and marks it as being imported. One that a stopped service left comes first.</summary>
    internal async Task<ActiveImport> TakeAsync(CancellationToken stop)
    {
        while (true)
        {
            lock (changing)
            {
                stop.ThrowIfCancellationRequested();
                var next = imports.Values.FirstOrDefault(i => i.State == SetImportState.Importing) ?? imports.Values.FirstOrDefault(i => i.State == SetImportState.Queued);
                if (next is not null)
                {
                    next = Keep(next with { State = SetImportState.Importing, Started = next.Started ?? time.GetUtcNow() });
                    return Active = new ActiveImport(next, folder.ContentOf(next), stop);
                }
            }
            await arrived.Reader.ReadAsync(stop);
        }
    }

    /// <summary>Settles an import that is over.</summary>
    /// <param name="active">The import.</param>
    /// <param name="error">Why it failed, or null if it did not.</param>
    internal void Finish(ActiveImport active, string? error)
    {
        lock (changing)
        {
            if (!imports.TryGetValue(active.Id, out var import)) return;
            Keep(import with { State = error is null ? SetImportState.Succeeded : SetImportState.Failed, Error = error, Progress = active.Progress, Ended = time.GetUtcNow() });
            folder.DropContent(import);
        }
    }

    /// <summary>Nothing works on an import any more; what was not settled was dropped, or is imported again at the next start.</summary>
    internal void Leave(ActiveImport active)
    {
        lock (changing)
        {
            if (active.IsDropped && imports.TryGetValue(active.Id, out var import) && import.State == SetImportState.Importing) Remove(import);
            if (Active == active) Active = null;
        }
        active.End();
    }

    /// <summary>Gives up uploads that nobody goes on with, and forgets what is long over.</summary>
    /// <returns>The uploads that were given up.</returns>
    internal IReadOnlyList<SetImport> Tidy()
    {
        lock (changing)
        {
            var now = time.GetUtcNow();
            var left = imports.Values.Where(i => i.State == SetImportState.Receiving && i.Changed + limits.UploadAge <= now && !turns.ContainsKey(i.Id)).ToArray();
            foreach (var import in left.Concat(imports.Values.Where(i => i.IsOver && i.Ended + limits.RecordAge <= now).ToArray())) Remove(import);
            return left;
        }
    }

    private SetImport Live(SetImport import) => Active is { } active && active.Id == import.Id && !import.IsOver ? import with { Progress = active.Progress } : import;

    private async Task<UploadTurn> TurnAsync(string id, CancellationToken cancellation)
    {
        while (true)
        {
            UploadTurn? before;
            lock (changing)
            {
                if (!turns.TryGetValue(id, out before)) return turns[id] = new UploadTurn(t => Release(id, t));
            }
            await before.EndAsync(cancellation);
        }
    }

    private void Release(string id, UploadTurn turn)
    {
        lock (changing)
            if (turns.GetValueOrDefault(id) == turn) turns.Remove(id);
    }

    private SetImport Keep(SetImport import)
    {
        folder.Write(import);
        imports[import.Id] = import;
        arrived.Writer.TryWrite(true);
        Tell();
        return import;
    }

    private void Remove(SetImport import)
    {
        folder.Remove(import);
        imports.Remove(import.Id);
        Tell();
    }

    private void Tell() => Interlocked.Exchange(ref changed, Change()).SetResult();

    private static TaskCompletionSource Change() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Word(SetImportState state) => state.ToString().ToLowerInvariant();
}
