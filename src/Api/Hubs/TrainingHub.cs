using System.Runtime.CompilerServices;
using Diffusion.Api.Endpoints;
using Diffusion.Api.Errors;
using Diffusion.Api.Streams;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>Training jobs as streams of events; the same that the server-sent events tell.</summary>
internal sealed class TrainingHub(TrainingQueue queue, TrainingRecords records, StreamPlaces places) : Hub
{
    /// <summary>Streams what happens to a job until it is over; ending the stream does nothing to the job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="fromStep">The first step whose metrics and samples are wanted; 0 for all. The events of its life all come.</param>
    /// <param name="cancellationToken">The end of the stream.</param>
    public IAsyncEnumerable<TrainingEvent> WatchTraining(string id, int fromStep, CancellationToken cancellationToken)
    {
        queue.Known(id);
        if (fromStep < 0) throw RequestRefusedException.Invalid([new("fromStep", $"fromStep must be a whole number from 0, got '{fromStep}'.")]);
        return StreamAsync(id, WatchCursor.From(fromStep), places.Take(Context.GetHttpContext()!), cancellationToken);
    }

    private async IAsyncEnumerable<TrainingEvent> StreamAsync(string id, WatchCursor seen, IDisposable place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (place)
            await foreach (var happened in records.WatchAsync(id, seen, cancellationToken)) yield return happened;
    }
}
