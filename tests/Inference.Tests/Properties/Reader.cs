using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>Somebody who watches a generation, and takes what is there when told to.</summary>
internal sealed class Reader
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(10);

    private readonly IAsyncEnumerator<GenerationEvent> events;
    private readonly int every, steps;
    private Task<bool>? next;
    private bool owed = true;

    public Reader(Generation generation, int every)
    {
        (this.every, steps) = (every, generation.Steps);
        events = generation.WatchAsync(new FrameOptions(every)).GetAsyncEnumerator();
        // the watcher is there from here on
        next = events.MoveNextAsync().AsTask();
    }

    /// <summary>Everything read, with the tick after which it was.</summary>
    public List<(int Tick, GenerationEvent Event)> Seen { get; } = [];

    public bool HasEnded { get; private set; }

    /// <summary>A row of its generation took effect.</summary>
    public void Ran(int step) => owed |= step % every == 0 || step == steps;

    /// <summary>Its generation began or ended.</summary>
    public void Changed() => owed = true;

    /// <summary>Takes everything that is there.</summary>
    public void Read(int tick)
    {
        while (!HasEnded)
        {
            next ??= events.MoveNextAsync().AsTask();
            // what was put since the last time comes by another thread, but it comes
            if (!next.IsCompleted && (!owed || !next.Wait(Hang))) return;
            owed = false;
            HasEnded = !next.Result;
            next = null;
            if (!HasEnded) Seen.Add((tick, events.Current));
        }
    }
}
