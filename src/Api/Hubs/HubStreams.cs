using Diffusion.Inference.Jobs;
using Microsoft.AspNetCore.SignalR;

namespace Diffusion.Api.Hubs;

/// <summary>The streams that one connection reads, so that it can ask for other frames of them.</summary>
internal sealed class HubStreams
{
    private static readonly object Key = new();
    private readonly Lock gate = new();
    private readonly List<(string Id, Watcher Watcher)> open = [];

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

    public void Add(string id, Watcher watcher)
    {
        lock (gate) open.Add((id, watcher));
    }

    public void Remove(Watcher watcher)
    {
        lock (gate) open.RemoveAll(s => s.Watcher == watcher);
    }

    /// <summary>Those of a generation.</summary>
    public IReadOnlyList<Watcher> Find(string id)
    {
        lock (gate) return [.. open.Where(s => s.Id == id).Select(s => s.Watcher)];
    }
}
