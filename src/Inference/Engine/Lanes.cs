using Diffusion.Inference.Batching;
using Diffusion.Inference.Models;

namespace Diffusion.Inference.Engine;

/// <summary>The lanes that are open on the device, and the requests that wait until the model of theirs is loaded.</summary>
internal sealed class Lanes : IDisposable
{
    private readonly Dictionary<LaneKey, Open> open = [];
    private readonly Dictionary<ModelHandle, HashSet<Running>> waiting = [];

    private sealed class Open(ILaneRunner runner)
    {
        public ILaneRunner Runner => runner;

        public int Users { get; set; }
    }

    public ILaneRunner this[LaneKey key] => open[key].Runner;

    /// <summary>Device slots in use.</summary>
    public int UsedSlots => open.Values.Sum(l => l.Runner.UsedSlots);

    public bool IsOpen(LaneKey key) => open.ContainsKey(key);

    /// <summary>Gives a request its lane, now if the model is loaded, else as soon as it is.</summary>
    public void Enter(Running one)
    {
        var handle = one.Request.Lease.Handle;
        if (handle.Loaded is { } model)
        {
            Join(one, model);
            return;
        }
        if (!waiting.TryGetValue(handle, out var line)) waiting[handle] = line = [];
        line.Add(one);
    }

    /// <summary>Lets in who waited for a model that is loaded now; returns those whose model cannot be loaded.</summary>
    public IReadOnlyList<Running> Advance()
    {
        if (waiting.Count == 0) return [];
        List<Running> hopeless = [];
        foreach (var (handle, line) in waiting)
        {
            if (handle.Loaded is { } model)
                foreach (var one in line) Join(one, model);
            else if (handle.Problem is not null) hopeless.AddRange(line);
            else continue;
            waiting.Remove(handle);
        }
        return hopeless;
    }

    /// <summary>Frees the slots of a request; the last one closes its lane, before the lease goes and the network with it.</summary>
    public void Leave(Running one)
    {
        if (!one.HasLane)
        {
            var handle = one.Request.Lease.Handle;
            if (waiting.TryGetValue(handle, out var line) && line.Remove(one) && line.Count == 0) waiting.Remove(handle);
            return;
        }
        var lane = open[one.Work.Lane];
        foreach (var slot in one.Slots)
            if (slot != Running.NoSlot) lane.Runner.Release(slot);
        one.HasLane = false;
        if (--lane.Users > 0) return;
        lane.Runner.Dispose();
        open.Remove(one.Work.Lane);
    }

    public void Dispose()
    {
        foreach (var lane in open.Values) lane.Runner.Dispose();
        open.Clear();
        waiting.Clear();
    }

    private void Join(Running one, ILoadedModel model)
    {
        if (!open.TryGetValue(one.Work.Lane, out var lane)) open[one.Work.Lane] = lane = new Open(model.Open(one.Generation.Shape));
        lane.Users++;
        one.HasLane = true;
    }
}
