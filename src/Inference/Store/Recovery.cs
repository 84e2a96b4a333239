using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Logging;

namespace Diffusion.Inference.Store;

/// <summary>Takes up what an earlier process accepted and did not finish: the same resolved request gives the same pictures.</summary>
internal sealed class Recovery(GenerationService generations, GenerationArchive archive, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

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

    /// <summary>Submits them again; waits for room where there is none.</summary>
    public async Task RunAsync(StoreSession session, IReadOnlyList<string> unfinished, CancellationToken cancellationToken)
    {
        if (unfinished.Count == 0) return;
        foreach (var id in unfinished) await TakeUpAsync(session, id, cancellationToken).ConfigureAwait(false);
        logger.GenerationsTakenUp(unfinished.Count);
    }

    private async Task TakeUpAsync(StoreSession session, string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            // read each time: it may be canceled or deleted while it waits
            var row = session.Database.Read(c => c.Generations.Find(id));
            if (row is null or { IsFinal: true }) return;
            try
            {
                if (row.CancelRequested) await EndAsync(session, id, RecordState.Canceled, null, null).ConfigureAwait(false);
                else if (Remaining(row) is { } request) archive.Follow(session, generations.Resume(id, request));
                else await EndAsync(session, id, RecordState.Failed, Problems.DeadlineExceeded, "The service was down when the deadline passed.").ConfigureAwait(false);
                return;
            }
            catch (GenerationRefusedException full) when (full.Reason == RefusalReason.Overloaded)
            {
                // ours first: there is room as soon as one of them ends
                var later = Task.Delay(full.RetryAfter ?? Pause, time, cancellationToken);
                await Task.WhenAny([later, .. archive.Unfinished]).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (GenerationRefusedException refusal) when (refusal.Reason != RefusalReason.Draining)
            {
                var problem = refusal.Reason == RefusalReason.UnknownModel ? Problems.ModelGone : Problems.NoLongerValid;
                await EndAsync(session, id, RecordState.Failed, problem, refusal.Message).ConfigureAwait(false);
                return;
            }
            catch (InvalidDataException damage)
            {
                await EndAsync(session, id, RecordState.Failed, Problems.NoLongerValid, damage.Message).ConfigureAwait(false);
                return;
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
