using System.Globalization;
using Diffusion.Inference.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>
/// Takes up what an earlier process accepted and did not finish: the same resolved request gives the same pictures. What a
/// start took up and died with is taken up alone by the next ones, and given up after a few: one of them may be why.
/// </summary>
internal sealed class Recovery(GenerationService generations, GenerationArchive archive, IOptions<StoreOptions> options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> tried = new(StringComparer.Ordinal);
    private IReadOnlySet<string>? suspects;

    /// <summary>Removes what a crash left in the files.</summary>
    public void RemoveStrays(StoreSession session)
    {
        var known = session.Database.Read(c => c.Generations.Where(r => r.State == RecordState.Succeeded).Select(r => r.Id).ToHashSet(StringComparer.Ordinal));
        var removed = session.Files.RemoveStrays(known);
        if (removed > 0) logger.StraysRemoved(removed);
    }

    /// <summary>The unfinished ones, oldest first.</summary>
    public static IReadOnlyList<string> Unfinished(StoreSession session) =>
        session.Database.Read(c => c.Generations.Where(r => r.State == RecordState.Queued || r.State == RecordState.Running).OrderBy(r => r.Id).Select(r => r.Id).ToArray());

    /// <summary>Submits them again; waits for room where there is none. May be called again after a failure of the store.</summary>
    public async Task RunAsync(StoreSession session, IReadOnlyList<string> unfinished, CancellationToken cancellationToken)
    {
        if (unfinished.Count == 0) return;
        suspects ??= await SuspectAsync(session, unfinished[^1]).ConfigureAwait(false);
        var others = unfinished.Where(id => !suspects.Contains(id)).ToArray();
        foreach (var id in others)
            if (!await TakeUpAsync(session, id, cancellationToken).ConfigureAwait(false)) return;
        if (suspects.Count > 0)
            foreach (var id in others) await archive.WaitAsync(id, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        foreach (var id in unfinished.Where(suspects.Contains))
        {
            if (!await IsWorthAnotherAsync(session, id).ConfigureAwait(false)) continue;
            if (!await TakeUpAsync(session, id, cancellationToken).ConfigureAwait(false)) return;
            await archive.WaitAsync(id, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
        logger.GenerationsTakenUp(unfinished.Count);
    }

    /// <summary>The service stops as it should: nothing that is left is to blame.</summary>
    public static Task ForgiveAsync(StoreSession session) => session.Writer.WriteAsync(context => context.Generations
        .Where(r => r.Attempts > 0 && (r.State == RecordState.Queued || r.State == RecordState.Running)).ExecuteUpdate(r => r.SetProperty(x => x.Attempts, 0)));

    // counted on the disk before they run: whatever ends this process then was perhaps one of them
    private static Task<IReadOnlySet<string>> SuspectAsync(StoreSession session, string newest) => session.Writer.WriteAsync<IReadOnlySet<string>>(context =>
    {
        var left = context.Generations.Where(r => (r.State == RecordState.Queued || r.State == RecordState.Running) && string.Compare(r.Id, newest) <= 0);
        var suspected = left.Where(r => r.Attempts > 0).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        left.Where(r => r.Attempts == 0).ExecuteUpdate(r => r.SetProperty(x => x.Attempts, 1));
        return suspected;
    });

    private async Task<bool> IsWorthAnotherAsync(StoreSession session, string id)
    {
        if (!tried.Add(id)) return true;
        try
        {
            var attempts = await session.Writer.WriteAsync(context => context.Generations.Find(id) is { IsFinal: false } row ? ++row.Attempts : 0).ConfigureAwait(false);
            if (attempts <= options.Value.MaxAttempts) return true;
            await EndAsync(session, id, RecordState.Failed, Problems.CrashedService, string.Create(
                CultureInfo.InvariantCulture, $"The service ended without warning {attempts - 1} times in a row while it had this generation.")).ConfigureAwait(false);
            return false;
        }
        catch (StoreUnavailableException)
        {
            tried.Remove(id);
            throw;
        }
    }

    /// <summary>False if the service is stopping.</summary>
    private async Task<bool> TakeUpAsync(StoreSession session, string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            // read each time: it may be canceled or deleted while it waits
            var row = session.Database.Read(c => c.Generations.Find(id));
            if (row is null or { IsFinal: true } || generations.Find(id) is not null) return true;
            try
            {
                if (row.CancelRequested) await EndAsync(session, id, RecordState.Canceled, null, null).ConfigureAwait(false);
                else if (Remaining(row) is { } request) archive.Follow(session, generations.Resume(id, request));
                else await EndAsync(session, id, RecordState.Failed, Problems.DeadlineExceeded, "The service was down when the deadline passed.").ConfigureAwait(false);
                return true;
            }
            catch (GenerationRefusedException full) when (full.Reason == RefusalReason.Overloaded)
            {
                // ours first: there is room as soon as one of them ends
                var later = Task.Delay(full.RetryAfter ?? Pause, time, cancellationToken);
                await Task.WhenAny([later, .. archive.Unfinished]).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (GenerationRefusedException stopping) when (stopping.Reason == RefusalReason.Draining)
            {
                logger.GenerationLeft(id);
                return false;
            }
            catch (GenerationRefusedException refusal)
            {
                var problem = refusal.Reason == RefusalReason.UnknownModel ? Problems.ModelGone : Problems.NoLongerValid;
                await EndAsync(session, id, RecordState.Failed, problem, refusal.Message).ConfigureAwait(false);
                return true;
            }
            catch (InvalidDataException damage)
            {
                await EndAsync(session, id, RecordState.Failed, Problems.NoLongerValid, damage.Message).ConfigureAwait(false);
                return true;
            }
        }
    }

    /// <summary>The stored request with what is left of its deadline; null if nothing is.</summary>
    private GenerationRequest? Remaining(GenerationRow row)
    {
        var request = RequestDocument.Read(row.Document).Request;
        if (request.Deadline is not { } promised) return request;
        var left = promised - (time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(row.Created));
        return left > TimeSpan.Zero ? request with { Deadline = left } : null;
    }

    private Task EndAsync(StoreSession session, string id, RecordState state, string? problem, string? detail)
    {
        if (problem is not null) logger.GenerationFailed(null, id, problem);
        return session.Writer.WriteAsync(context =>
        {
            if (context.Generations.Find(id) is not { IsFinal: false } row) return false;
            (row.Problem, row.Detail) = (problem, detail);
            row.End(state, time.GetUtcNow());
            return true;
        });
    }
}
