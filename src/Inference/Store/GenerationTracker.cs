using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Logging;

namespace Diffusion.Inference.Store;

/// <summary>
/// Follows one durable generation and writes down what becomes of it. A disk that fails is tried again until it holds;
/// a generation that only the stopping service ended stays unfinished on the disk, and is taken up at the next start.
/// </summary>
internal sealed class GenerationTracker(StoreSession session, Generation generation, StoreOptions options, TimeProvider time, ILogger logger)
{
    private readonly CancellationTokenSource watching = new(), retrying = new();

    /// <summary>Completes when the end is on the disk, or left to the next start.</summary>
    public Task Recorded { get; private set; } = Task.CompletedTask;

    /// <summary>Why its end cannot be written now, or null.</summary>
    public string? Trouble { get; private set; }

    public void Start(Action ended) => Recorded = Task.Run(async () =>
    {
        try
        {
            await FollowAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (watching.IsCancellationRequested || retrying.IsCancellationRequested)
        {
            logger.GenerationLeft(generation.Id);
        }
        finally
        {
            ended();
        }
    });

    /// <summary>The service stops: writes the end if there is one, once.</summary>
    public async Task StopAsync()
    {
        if (!generation.Completion.IsCompleted) await watching.CancelAsync().ConfigureAwait(false);
        await retrying.CancelAsync().ConfigureAwait(false);
        await Recorded.ConfigureAwait(false);
    }

    private async Task FollowAsync()
    {
        await foreach (var happened in generation.WatchAsync(FrameOptions.None, cancellationToken: watching.Token).ConfigureAwait(false))
        {
            switch (happened)
            {
                case StartedEvent:
                    await MarkStartedAsync().ConfigureAwait(false);
                    break;
                case CompletedEvent:
                    var result = await generation.Completion.ConfigureAwait(false);
                    await InsistAsync(() => SucceedAsync(result)).ConfigureAwait(false);
                    break;
                case FailedEvent failed:
                    await InsistAsync(() => EndAsync(RecordState.Failed, failed.Problem, failed.Detail)).ConfigureAwait(false);
                    break;
                case CanceledEvent { Reason: CanceledEvent.Requested }:
                    await InsistAsync(() => EndAsync(RecordState.Canceled, null, null)).ConfigureAwait(false);
                    break;
                case CanceledEvent:
                    logger.GenerationLeft(generation.Id);
                    break;
            }
        }
    }

    // only for those who look: if it cannot be written nothing is lost
    private async Task MarkStartedAsync()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        try
        {
            await session.Writer.WriteAsync(context =>
            {
                if (context.Generations.Find(generation.Id) is not { IsFinal: false } row) return false;
                (row.State, row.Started) = (RecordState.Running, now);
                row.Revision++;
                return true;
            }).ConfigureAwait(false);
        }
        catch (StoreUnavailableException failure)
        {
            logger.StoreTrouble(failure, failure.Message);
        }
    }

    private async Task SucceedAsync(GenerationResult result)
    {
        var bytes = session.Files.Write(generation.Id, result);
        var known = await UpdateAsync(row =>
        {
            row.ResultBytes = bytes;
            (row.QueueMilliseconds, row.SampleMilliseconds) = (result.QueueMilliseconds, result.SampleMilliseconds);
            row.End(RecordState.Succeeded, time.GetUtcNow());
        }).ConfigureAwait(false);
        // it was deleted while it ran
        if (!known) session.Files.Delete(generation.Id);
        logger.GenerationRecorded(generation.Id, RecordState.Succeeded);
    }

    private async Task EndAsync(RecordState state, string? problem, string? detail)
    {
        await UpdateAsync(row =>
        {
            (row.Problem, row.Detail) = (problem, detail);
            row.End(state, time.GetUtcNow());
        }).ConfigureAwait(false);
        logger.GenerationRecorded(generation.Id, state);
    }

    private Task<bool> UpdateAsync(Action<GenerationRow> change) => session.Writer.WriteAsync(context =>
    {
        if (context.Generations.Find(generation.Id) is not { IsFinal: false } row) return false;
        change(row);
        return true;
    });

    private async Task InsistAsync(Func<Task> write)
    {
        while (true)
        {
            try
            {
                await write().ConfigureAwait(false);
                Trouble = null;
                return;
            }
            catch (Exception failure) when (failure is StoreUnavailableException or IOException or UnauthorizedAccessException)
            {
                Trouble = failure.Message;
                logger.StoreTrouble(failure, failure.Message);
            }
            await Task.Delay(options.RetryPause, time, retrying.Token).ConfigureAwait(false);
        }
    }
}
