using System.Runtime.CompilerServices;
using System.Text.Json;
using Diffusion.Api.Access;
using Diffusion.Api.Contracts;
using Diffusion.Api.Errors;
using Diffusion.Api.Hosting;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>Generations as streams of events. Requests have the fields of POST /generate, and <c>frames</c>.</summary>
internal sealed class GenerationHub(GenerationService generations, Callers callers, GenerationLog log) : Hub
{
    /// <summary>Generates and streams; the generation ends with the stream or the connection.</summary>
    public IAsyncEnumerable<GenerationEvent> Generate(JsonElement request, CancellationToken cancellationToken)
    {
        var frames = FrameFields.Read(request);
        var command = GenerateFields.Read(RequestFields.OfJson(request, except: FrameFields.Name));
        return BoundAsync(generations.Submit(callers.Sign(command.Request, Context.GetHttpContext()!)), frames, cancellationToken);
    }

    /// <summary>Streams a generation that somebody else started, from an event on; ending the stream does not cancel it.</summary>
    public IAsyncEnumerable<GenerationEvent> Watch(string id, long fromSequence, CancellationToken cancellationToken) =>
        Find(id).WatchAsync(new FrameOptions(), fromSequence, cancellationToken);

    /// <summary>Cancels a generation; one that has ended stays as it is.</summary>
    public void Cancel(string id) => Find(id).Cancel();

    private async IAsyncEnumerable<GenerationEvent> BoundAsync(
        Generation generation, FrameOptions frames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in generation.WatchAsync(frames, cancellationToken: cancellationToken)) yield return happened;
        }
        finally
        {
            generation.Cancel();
            log.Ended(generation, "hub");
        }
    }

    private Generation Find(string id) => generations.Find(id)
        ?? throw new RequestRefusedException(ProblemCatalogue.UnknownGeneration, $"There is no generation '{id}'.");
}
