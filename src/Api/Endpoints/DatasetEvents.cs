using System.Runtime.CompilerServices;
using Diffusion.Api.Contracts;
using Diffusion.Api.Streams;
using Diffusion.Training.Imports;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>Uploads and their imports as server-sent events. Each stream begins with how things are, so that a reader who comes back misses nothing.</summary>
internal sealed class DatasetEvents(SetImports uploads, StreamPlaces places, IHostApplicationLifetime host, TimeProvider time, IOptions<JsonOptions> json)
{
    // of an event after which nothing comes
    private const string Over = "over";

    /// <summary>Those of all uploads, until the reader leaves.</summary>
    public IResult WatchAll(HttpContext http)
    {
        new TrainingQuery(http.Request).Close();
        return Stream(null, http);
    }

    /// <summary>Those of one upload, until it is over; 204 for a reader that has seen the end.</summary>
    public IResult Watch(string id, HttpContext http)
    {
        new TrainingQuery(http.Request).Close();
        var upload = uploads.Find(id) ?? throw DatasetUploadCalls.Unknown(id);
        // an EventSource comes back after the end too, unless it is told that there is nothing more
        if (upload.IsOver && http.Request.Headers[EventsQuery.LastEventId] == Over) return TypedResults.NoContent();
        return Stream(id, http);
    }

    private EventStream<DatasetUploadEvent> Stream(string? id, HttpContext http)
    {
        var place = places.Take(http);
        return new EventStream<DatasetUploadEvent>(left => ReadAsync(id, left), Describe, time, json.Value.SerializerOptions) { Ended = place.Dispose };
    }

    private async IAsyncEnumerable<DatasetUploadEvent> ReadAsync(string? id, [EnumeratorCancellation] CancellationToken left)
    {
        await foreach (var news in uploads.WatchAsync(id, host.ApplicationStopping, left)) yield return DatasetUploadEvent.Of(news, uploads);
    }

    private static (string Name, string? Id) Describe(DatasetUploadEvent happened) =>
        ($"import.{happened.Type}", happened.Upload is null or { State: SetImportState.Succeeded or SetImportState.Failed } ? Over : null);
}
