using Diffusion.Api.Streams;
using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>The streams that one connection reads, so that it can ask for other frames of them.</summary>
internal sealed class HubStreams
{
    private static readonly object Key = new();
    private readonly Lock gate = new();
    private readonly List<EventTap> open = [];

    public static HubStreams Of(HubCallerContext context)
    {
        lock (context.Items)
        {
            if (context.Items.TryGetValue(Key, out var known)) return (HubStreams)known!;
            var streams = new HubStreams();
            context.Items[Key] = streams;
            return streams;
        }
    }

    public void Add(EventTap tap)
    {
        lock (gate) open.Add(tap);
    }

    public void Remove(EventTap tap)
    {
        lock (gate) open.Remove(tap);
    }

    /// <summary>Those of a generation whose frames still come.</summary>
    public IReadOnlyList<Watcher> Find(string id)
    {
        lock (gate) return [.. open.Where(t => t.Id == id).Select(t => t.Watcher).OfType<Watcher>()];
    }
}
