using Diffusion.Api.Endpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;

namespace Diffusion.Api.Streams;

/// <summary>Finds the events of a generation wherever it is: in the engine, ended, or about to be taken up after a restart.</summary>
internal sealed class EventSource(GenerationService generations, GenerationArchive archive, TimeProvider time, IHostApplicationLifetime host)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <param name="id">The generation.</param>
    /// <param name="only">The client whose generations may be read; null for all.</param>
    /// <param name="frames">Which frames.</param>
    /// <param name="fromSequence">The first lifecycle event wanted; 0 for all.</param>
    /// <param name="cancellationToken">The reader leaves.</param>
    /// <exception cref="Errors.RequestRefusedException">There is no such generation.</exception>
    /// <exception cref="GenerationRefusedException">It has no such frames.</exception>
    public async Task<EventTap> OpenAsync(string id, string? only, FrameOptions frames, long fromSequence, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.ApplicationStopping);
        while (true)
        {
            // first the record: one that ends in between is still found alive
            var record = archive.Known(id, only);
            if (generations.Find(id) is { } live) return new EventTap(live, record.IsDurable, frames, fromSequence);
            if (record.IsFinal) return new EventTap(id, record.Events, fromSequence);
            await Task.Delay(Pause, time, either.Token);
        }
    }
}
