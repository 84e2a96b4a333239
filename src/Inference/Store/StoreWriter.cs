using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Diffusion.Inference.Store;

/// <summary>
/// The one writer: changes that come while a commit is being flushed share the next one. A change that fails alone
/// does not take its neighbours with it.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    private const int MostPerCommit = 256;

    private readonly StoreDatabase database;
    private readonly Channel<Change> changes;
    private readonly Task loop;

    private abstract class Change
    {
        public abstract void Apply(StoreContext context);

        public abstract void Committed();

        public abstract void Failed(Exception cause);
    }

    private sealed class Change<T>(Func<StoreContext, T> apply) : Change
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? result;

        public Task<T> Done => done.Task;

        public override void Apply(StoreContext context) => result = apply(context);

        public override void Committed() => done.SetResult(result!);

        public override void Failed(Exception cause) => done.SetException(cause);
    }

    public StoreWriter(StoreDatabase database, StoreOptions options)
    {
        this.database = database;
        changes = Channel.CreateBounded<Change>(new BoundedChannelOptions(options.MaxPendingWrites) { SingleReader = true });
        loop = Task.Run(WorkAsync);
    }

    /// <summary>Applies a change and answers once it is on the disk. The change may be applied more than once before it is committed.</summary>
    /// <param name="change">Works on tracked rows; they are saved for it.</param>
    /// <param name="cancellationToken">Ends the waiting for a place, not what has one.</param>
    /// <exception cref="StoreUnavailableException">Nothing of it is on the disk.</exception>
    public async Task<T> WriteAsync<T>(Func<StoreContext, T> change, CancellationToken cancellationToken = default)
    {
        var pending = new Change<T>(change);
        try
        {
            await changes.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new StoreUnavailableException("The service is stopping.");
        }
        return await pending.Done.ConfigureAwait(false);
    }

    /// <summary>Commits what has come, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        changes.Writer.TryComplete();
        await loop.ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        var batch = new List<Change>();
        while (await changes.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < MostPerCommit && changes.Reader.TryRead(out var next)) batch.Add(next);
            Commit(batch);
            batch.Clear();
        }
    }

    private void Commit(IReadOnlyList<Change> batch)
    {
        try
        {
            Apply(batch);
        }
        // whatever it was, it must reach those who wait, and the writer must go on
        catch (Exception cause)
        {
            // waiting for the lock again for each of them would hold everybody up
            if (batch.Count == 1 || IsLocked(cause))
                foreach (var change in batch) change.Failed(Translate(cause));
            else
                foreach (var change in batch) Commit([change]);
            return;
        }
        foreach (var change in batch) change.Committed();
    }

    private void Apply(IReadOnlyList<Change> batch)
    {
        using var context = database.Write();
        using var transaction = context.Database.BeginTransaction();
        foreach (var change in batch) change.Apply(context);
        context.SaveChanges();
        transaction.Commit();
    }

    private static bool IsLocked(Exception cause) => Root(cause) is SqliteException { SqliteErrorCode: 5 or 6 };

    private static Exception Translate(Exception cause) => Root(cause) is SqliteException failure
        ? new StoreUnavailableException(StoreDatabase.Explain(failure), failure)
        : cause;

    private static Exception Root(Exception cause) => cause is DbUpdateException { InnerException: { } inner } ? inner : cause;
}
