using Diffusion.Api.Contracts;
using Diffusion.Api.Streams;
using Diffusion.Training.Live;
using Diffusion.Training.Runs;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The events of training jobs as server-sent events.</summary>
internal sealed class TrainingEvents(TrainingQueue queue, TrainingRecords records, StreamPlaces places, TimeProvider time, IOptions<JsonOptions> json)
{
    /// <summary>Those of a job, until it is over; 204 for a reader that has seen the end.</summary>
    public IResult Watch(string id, HttpContext http)
    {
        var job = queue.Known(id);
        var query = new TrainingQuery(http.Request, "fromStep");
        var seen = query.Cursor(http.Request.Headers);
        query.Close();
        // an EventSource comes back after the end too, unless it is told that there is nothing more
        if (job.IsOver && job.Events is [.., var last] && seen.Sequence >= last.Sequence) return TypedResults.NoContent();
        var place = places.Take(http);
        return new EventStream<TrainingEvent>(left => records.WatchAsync(id, seen, left), Describe, time, json.Value.SerializerOptions) { Ended = place.Dispose };
    }

    private static (string Name, string? Id) Describe(TrainingEvent happened) => (happened switch
    {
        StateEvent => "training.state",
        MetricsEvent => "training.metrics",
        SamplesEvent => "training.samples",
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, null),
    }, happened.Seen.ToString());
}
