using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Diffusion.Inference.Jobs;

/// <summary>
/// What one watcher has yet to read. Lifecycle events are kept; of the frames only the latest of each picture, so the
/// box holds at most one frame per picture and a slow reader never slows the engine.
/// </summary>
internal sealed class Mailbox(Generation source, FrameOptions frames)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Item> items = new();
    private readonly Dictionary<int, LinkedListNode<Item>> latest = [];
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int dropped;

    private sealed record Item(GenerationEvent? Lifecycle, Frame? Frame, long Sequence);

    public FrameDemand Demand(int step, int steps)
    {
        if (frames.Every <= 0 || (step % frames.Every != 0 && step != steps)) return FrameDemand.None;
        return (frames.Noisy ? FrameDemand.Noisy : 0) | (frames.Clean ? FrameDemand.Clean : 0);
    }

    public void Put(GenerationEvent lifecycle)
    {
        lock (gate) items.AddLast(new Item(lifecycle, null, lifecycle.Sequence));
        signal.Writer.TryWrite(true);
    }

    /// <summary>Takes a frame in; returns how many older ones it pushed out.</summary>
    public int Put(Frame frame, long sequence)
    {
        var pushedOut = 0;
        lock (gate)
        {
            if (latest.Remove(frame.Sample, out var older))
            {
                items.Remove(older);
                dropped++;
                pushedOut = 1;
            }
            latest[frame.Sample] = items.AddLast(new Item(null, frame, sequence));
        }
        signal.Writer.TryWrite(true);
        return pushedOut;
    }

    /// <summary>Everything in order, up to and with the final event.</summary>
    public async IAsyncEnumerable<GenerationEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            while (TryTake() is { } next)
            {
                yield return next;
                if (next is CompletedEvent or FailedEvent or CanceledEvent) yield break;
            }
            await signal.Reader.ReadAsync(cancellation).ConfigureAwait(false);
        }
    }

    private GenerationEvent? TryTake()
    {
        Item item;
        int missed;
        lock (gate)
        {
            if (items.First is not { } first) return null;
            items.RemoveFirst();
            item = first.Value;
            if (item.Frame is null) return item.Lifecycle;
            latest.Remove(item.Frame.Sample);
            (missed, dropped) = (dropped, 0);
        }
        return item.Frame.Encode(source.Id, item.Sequence, source.Steps, frames.Noisy, frames.Clean, missed);
    }
}
