using System.Runtime.CompilerServices;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>Generations as streams of events. Requests have the fields of POST /generate, in which <c>frames</c> may be an object.</summary>
internal sealed class GenerationHub(GenerationService generations, GenerationLog log) : Hub
{
    /// <summary>Generates and streams; the generation ends with the stream or the connection.</summary>
    public IAsyncEnumerable<GenerationEvent> Generate(JsonElement request, CancellationToken cancellationToken)
    {
        var command = StreamCommand.Read(request);
        var generation = generations.Submit(command.Request);
        try
        {
            return BoundAsync(generation, generation.Watch(command.Frames), cancellationToken);
        }
        catch (GenerationRefusedException)
        {
            generation.Cancel();
            throw;
        }
    }

    /// <summary>Streams a generation that somebody else started; ending the stream does not cancel it.</summary>
    /// <param name="id">The generation.</param>
    /// <param name="fromSequence">The first lifecycle event wanted; 0 for all.</param>
    /// <param name="frames">Which frames, as in a request; null for all.</param>
    /// <param name="cancellationToken">The end of the stream.</param>
    public IAsyncEnumerable<GenerationEvent> Watch(string id, long fromSequence, JsonElement? frames, CancellationToken cancellationToken) =>
        StreamAsync(id, Find(id).Watch(FrameFields.Read(frames).Frames, fromSequence), cancellationToken);

    /// <summary>Asks for other frames in the streams that this connection reads of a generation.</summary>
    public void SetFrameOptions(string id, JsonElement frames)
    {
        var wanted = FrameFields.Read(frames).Frames;
        var streams = HubStreams.Of(Context).Find(id);
        if (streams.Count == 0) throw new RequestRefusedException(ProblemCatalogue.UnknownGeneration, $"This connection reads no stream of a generation '{id}'.");
        foreach (var watcher in streams) watcher.Change(wanted);
    }

    /// <summary>Cancels a generation; one that has ended stays as it is.</summary>
    public void Cancel(string id) => Find(id).Cancel();

    private async IAsyncEnumerable<GenerationEvent> BoundAsync(Generation generation, Watcher watcher, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in StreamAsync(generation.Id, watcher, cancellationToken)) yield return happened;
        }
        finally
        {
            generation.Cancel();
            log.Ended(generation, "hub");
        }
    }

    private async IAsyncEnumerable<GenerationEvent> StreamAsync(string id, Watcher watcher, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var streams = HubStreams.Of(Context);
        streams.Add(id, watcher);
        try
        {
            await foreach (var happened in watcher.ReadAsync(cancellationToken)) yield return happened;
        }
        finally
        {
            streams.Remove(watcher);
            watcher.Dispose();
        }
    }

    private Generation Find(string id) => generations.Find(id)
        ?? throw new RequestRefusedException(ProblemCatalogue.UnknownGeneration, $"There is no generation '{id}'.");
}
