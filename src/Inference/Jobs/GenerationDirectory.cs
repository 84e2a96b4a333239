using System.Collections.Concurrent;

namespace Diffusion.Inference.Jobs;

/// <summary>Generations by id: all live ones, and ended ones for a while.</summary>
internal sealed class GenerationDirectory(TimeSpan retention, int limit, long recordedLimit, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Generation> byId = new(StringComparer.Ordinal);
    private readonly Queue<(DateTimeOffset At, string Id)> ended = new();
    private readonly Lock gate = new();
    private long recorded;

    public IEnumerable<Generation> Live => byId.Values.Where(g => g.State is GenerationState.Queued or GenerationState.Running);

    /// <exception cref="GenerationRefusedException">There is no room for the frames that it is to keep.</exception>
    public void Add(Generation generation)
    {
        lock (gate)
        {
            while (recorded + generation.RecordedBytes > recordedLimit && generation.RecordedBytes > 0 && ended.TryDequeue(out var oldest)) Forget(oldest.Id);
            if (generation.RecordedBytes > 0 && recorded + generation.RecordedBytes > recordedLimit)
                throw new GenerationRefusedException(
                    RefusalReason.Overloaded, [new(FrameCheck.FramesField, $"{recorded} bytes of frames are being kept and these would be {generation.RecordedBytes}; the limit is {recordedLimit}.")]);
            recorded += generation.RecordedBytes;
            byId[generation.Id] = generation;
        }
    }

    public void Remove(Generation generation)
    {
        lock (gate) Forget(generation.Id);
    }

    public Generation? Find(string id)
    {
        Forget();
        return byId.GetValueOrDefault(id);
    }

    public void Ended(Generation generation)
    {
        lock (gate) ended.Enqueue((time.GetUtcNow(), generation.Id));
        Forget();
    }

    private void Forget()
    {
        lock (gate)
        {
            var oldest = time.GetUtcNow() - retention;
            while (ended.TryPeek(out var first) && (ended.Count > limit || first.At < oldest)) Forget(ended.Dequeue().Id);
        }
    }

    private void Forget(string id)
    {
        if (byId.TryRemove(id, out var generation)) recorded -= generation.RecordedBytes;
    }
}
