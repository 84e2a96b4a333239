using System.Collections.Concurrent;

namespace Diffusion.Inference.Jobs;

/// <summary>Generations by id: all live ones, and ended ones for a while.</summary>
internal sealed class GenerationDirectory(TimeSpan retention, int limit, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Generation> byId = new(StringComparer.Ordinal);
    private readonly Queue<(DateTimeOffset At, string Id)> ended = new();
    private readonly Lock gate = new();

    public IEnumerable<Generation> Live => byId.Values.Where(g => g.State is GenerationState.Queued or GenerationState.Running);

    public void Add(Generation generation) => byId[generation.Id] = generation;

    public void Remove(Generation generation) => byId.TryRemove(generation.Id, out _);

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
            while (ended.TryPeek(out var first) && (ended.Count > limit || first.At < oldest)) byId.TryRemove(ended.Dequeue().Id, out _);
        }
    }
}
