using System.Runtime.CompilerServices;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Streams;

/// <summary>The events of one generation for one reader: as they happen, or those that happened before a restart.</summary>
internal sealed class EventTap : IDisposable
{
    private readonly IReadOnlyList<GenerationEvent> past = [];
    private readonly bool isDurable;

    /// <summary>Of one that lives, or ended not long ago.</summary>
    /// <param name="generation">Whose events.</param>
    /// <param name="isDurable">Whether it goes on after a restart.</param>
    /// <param name="frames">Which frames.</param>
    /// <param name="fromSequence">The first lifecycle event wanted; 0 for all.</param>
    /// <exception cref="GenerationRefusedException">There are no such frames.</exception>
    public EventTap(Generation generation, bool isDurable, FrameOptions frames, long fromSequence)
    {
        (Id, this.isDurable) = (generation.Id, isDurable);
        Watcher = generation.Watch(frames, fromSequence);
    }

    /// <summary>Of one that ended.</summary>
    /// <param name="id">Which.</param>
    /// <param name="events">All of its lifecycle.</param>
    /// <param name="fromSequence">The first one wanted; the last comes in any case.</param>
    public EventTap(string id, IReadOnlyList<GenerationEvent> events, long fromSequence)
    {
        Id = id;
        past = [.. events.Where(e => e.Sequence >= fromSequence || e.IsFinal)];
    }

    /// <summary>The generation.</summary>
    public string Id { get; }

    /// <summary>Where other frames can be asked for; null where none come any more.</summary>
    public Watcher? Watcher { get; }

    /// <summary>
    /// Everything in order. Ends after the final event; or without one, when the service stops and the generation goes on
    /// at its next start.
    /// </summary>
    public async IAsyncEnumerable<GenerationEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var happened in past) yield return happened;
        if (Watcher is null) yield break;
        await foreach (var happened in Watcher.ReadAsync(cancellationToken))
        {
            if (isDurable && happened is CanceledEvent { Reason: CanceledEvent.Stopping }) yield break;
            yield return happened;
        }
    }

    public void Dispose() => Watcher?.Dispose();
}
