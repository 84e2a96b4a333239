using System.Runtime.CompilerServices;
using System.Text.Json;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Endpoints;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Store;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>Generations as streams of events. Requests have the fields of POST /generate, in which <c>frames</c> may be an object.</summary>
internal sealed class GenerationHub(
    GenerationService generations, GenerationArchive archive, EventSource events, StreamPlaces places, Callers callers, GenerationLog log) : Hub
{
    /// <summary>Generates and streams; the generation ends with the stream or the connection.</summary>
    public IAsyncEnumerable<GenerationEvent> Generate(JsonElement request, CancellationToken cancellationToken)
    {
        var command = StreamCommand.Read(request);
        var place = places.Take(Context.GetHttpContext()!);
        EventTap? tap = null;
        try
        {
            var generation = generations.Submit(callers.Sign(command.Request, Context.GetHttpContext()!), g => tap = new EventTap(g, isDurable: false, command.Frames, fromSequence: 0));
            return BoundAsync(generation, tap!, place, cancellationToken);
        }
        catch
        {
            place.Dispose();
            tap?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Streams a generation that somebody else started; ending the stream does not cancel it. All frames come, until
    /// <see cref="SetFrameOptions"/> asks for others.
    /// </summary>
    /// <param name="id">The generation; also one that ended before a restart.</param>
    /// <param name="fromSequence">The first lifecycle event wanted; 0 for all.</param>
    /// <param name="cancellationToken">The end of the stream.</param>
    public async Task<IAsyncEnumerable<GenerationEvent>> Watch(string id, long fromSequence, CancellationToken cancellationToken)
    {
        var place = places.Take(Context.GetHttpContext()!);
        try
        {
            return StreamAsync(await events.OpenAsync(id, Callers.OnlyOf(Context.User!), new FrameOptions(), fromSequence, cancellationToken), place, cancellationToken);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Asks for other frames in the streams that this connection reads of a generation.</summary>
    public void SetFrameOptions(string id, JsonElement frames)
    {
        var wanted = FrameFields.Read(frames).Frames;
        var streams = HubStreams.Of(Context).Find(id);
        if (streams.Count == 0) throw new RequestRefusedException(ProblemCatalogue.UnknownGeneration, $"This connection reads no stream of a generation '{id}'.");
        foreach (var watcher in streams) watcher.Change(wanted);
    }

    /// <summary>Cancels a generation; one that has ended stays as it is.</summary>
    public async Task Cancel(string id)
    {
        archive.Known(id, Callers.OnlyOf(Context.User!));
        await archive.CancelAsync(id);
    }

    private async IAsyncEnumerable<GenerationEvent> BoundAsync(
        Generation generation, EventTap tap, IDisposable place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in StreamAsync(tap, place, cancellationToken)) yield return happened;
        }
        finally
        {
            generation.Cancel();
            log.Ended(generation, "hub");
        }
    }

    private async IAsyncEnumerable<GenerationEvent> StreamAsync(EventTap tap, IDisposable place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var streams = HubStreams.Of(Context);
        streams.Add(tap);
        try
        {
            await foreach (var happened in tap.ReadAsync(cancellationToken)) yield return happened;
        }
        finally
        {
            streams.Remove(tap);
            tap.Dispose();
            place.Dispose();
        }
    }
}
