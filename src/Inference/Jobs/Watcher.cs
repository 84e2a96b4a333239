using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Diffusion.Inference.Jobs;

/// <summary>
/// One reader of a generation: two places, one in the list of its lifecycle events and one in a feed of frames, and
/// nothing else. Its frames may be changed while it reads.
/// </summary>
public sealed class Watcher : IDisposable
{
    private readonly Lock gate = new();
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Generation source;
    private long next, place;

    internal Watcher(Generation source, FrameOptions frames, long fromSequence)
    {
        this.source = source;
        (Feed, next) = source.Join(this, frames, fromSequence);
        place = Feed.Version;
    }

    /// <summary>Which frames it gets.</summary>
    public FrameOptions Frames => Feed.Options;

    internal FrameFeed Feed { get; private set; }

    /// <summary>Asks for other frames from now on.</summary>
    /// <exception cref="GenerationRefusedException">The generation has no such frames.</exception>
    public void Change(FrameOptions frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        lock (gate)
        {
            Feed = source.Move(this, frames);
            place = Feed.Version;
        }
    }

    /// <summary>Everything in order, up to and with the final event. One reader at a time.</summary>
    public async IAsyncEnumerable<GenerationEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            while (TryTake() is { } taken)
            {
                yield return taken;
                if (taken.IsFinal) yield break;
            }
            await signal.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the watching, not the generation.</summary>
    public void Dispose() => source.Leave(this);

    internal void Signal() => signal.Writer.TryWrite(true);

    private GenerationEvent? TryTake()
    {
        lock (gate)
        {
            // in this order: what is seen of the feed is then no older than the event
            var happened = source.EventOf(next);
            var found = Feed.After(place);
            if (happened is not null && (found is null || found.Value.Frame.Sequence >= next))
            {
                next++;
                return happened;
            }
            if (found is not var (frame, version)) return null;
            var dropped = (int)(version - place - 1);
            place = version;
            if (dropped > 0) source.CountDropped(dropped);
            return frame.Encode(source.Id, source.Steps, Feed.Options.Kinds, dropped);
        }
    }
}
