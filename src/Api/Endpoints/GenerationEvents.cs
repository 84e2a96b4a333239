using System.Globalization;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Hosting;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Endpoints;

/// <summary>The events of generations as server-sent events.</summary>
internal sealed class GenerationEvents(
    GenerationService generations, GenerationArchive archive, EventSource events, StreamPlaces places, Callers callers, GenerationLog log, TimeProvider time, IOptions<JsonOptions> json)
{
    /// <summary>Those of a generation that somebody started; leaving does not cancel it. 204 for a reader that has seen the end.</summary>
    public async Task<IResult> WatchAsync(string id, HttpContext http)
    {
        var query = EventsQuery.Read(http.Request);
        // an EventSource comes back after the end too, unless it is told that there is nothing more
        if (query.LastSeen is { } seen && archive.Known(id) is { IsFinal: true } record && seen >= record.Events.Count) return TypedResults.NoContent();
        var place = places.Take(http);
        try
        {
            return Stream(await events.OpenAsync(id, Callers.OnlyOf(http.User), query.Frames, query.FromSequence, http.RequestAborted), place.Dispose);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Those of a generation that lives as long as its reader stays.</summary>
    public IResult Generate(GenerateCommand command, HttpContext http)
    {
        var wanted = StreamCommand.Of(command);
        var place = places.Take(http);
        EventTap? tap = null;
        try
        {
            var generation = generations.Submit(callers.Sign(wanted.Request, http), g => tap = new EventTap(g, isDurable: false, wanted.Frames, fromSequence: 0));
            return Stream(tap!, () => End(generation));
        }
        catch
        {
            place.Dispose();
            tap?.Dispose();
            throw;
        }

        void End(Generation generation)
        {
            place.Dispose();
            generation.Cancel();
            log.Ended(generation, "http");
        }
    }

    private EventStream<GenerationEvent> Stream(EventTap tap, Action ended) => new(tap.ReadAsync, Describe, time, json.Value.SerializerOptions)
    {
        Headers = new Dictionary<string, string> { ["X-Generation-Id"] = tap.Id },
        Ended = () =>
        {
            tap.Dispose();
            ended();
        },
    };

    // frames have no id: one that was missed does not come again
    private static (string Name, string? Id) Describe(GenerationEvent happened) =>
        ($"generation.{EventNames.Of(happened)}", happened is FrameEvent ? null : happened.Sequence.ToString(CultureInfo.InvariantCulture));
}
