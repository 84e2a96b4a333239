using Diffusion.Inference.Batching;
using Diffusion.Inference.Models;

namespace Diffusion.Inference.Engine;

/// <summary>The lanes that are open on the device, and the requests that wait until the model of theirs can serve them.</summary>
/// <param name="costs">Told how many rows a tick of a lane may have.</param>
/// <param name="maxRows">Evaluations of a batch at most.</param>
/// <param name="isPadded">Whether batches have few different sizes.</param>
internal sealed class Lanes(CostBook costs, int maxRows, bool isPadded) : IDisposable
{
    private readonly IReadOnlyList<int> sizes = BatchSizes.UpTo(maxRows);
    private readonly Dictionary<LaneKey, OpenLane> open = [];
    private readonly Dictionary<ModelHandle, Line> waiting = [];

    // a lane closes when it is idle; that its batches did not fit is remembered
    private readonly Dictionary<LaneKey, RowLimit> reduced = [];

    /// <summary>Who waits for one version.</summary>
    private sealed class Line
    {
        public HashSet<Running> Members { get; } = [];

        /// <summary>No member was accepted before this timestamp.</summary>
        public long Oldest { get; set; } = long.MaxValue;
    }

    public OpenLane this[LaneKey key] => open[key];

    /// <summary>Device slots in use.</summary>
    public int UsedSlots => open.Values.Sum(l => l.Runner.UsedSlots);

    public bool IsOpen(LaneKey key) => open.ContainsKey(key);

    /// <summary>Gives a request its lane, now if its models can serve it, else as soon as they can.</summary>
    public void Enter(Running one)
    {
        if (one.Request.Awaited is not { } handle)
        {
            Join(one, one.Request.Lease.Handle.Loaded!);
            return;
        }
        if (!waiting.TryGetValue(handle, out var line)) waiting[handle] = line = new Line();
        line.Members.Add(one);
        line.Oldest = Math.Min(line.Oldest, one.Generation.AcceptedAt);
    }

    /// <summary>Lets in who waited for a model that can serve them now; returns those whose model cannot be loaded.</summary>
    public IReadOnlyList<Running> Advance()
    {
        if (waiting.Count == 0) return [];
        List<Running> hopeless = [], ready = [];
        foreach (var (handle, line) in waiting)
        {
            if (handle.Loaded is null && handle.Problem is null) continue;
            Running[] leaving = [.. line.Members.Where(m => handle.Loaded is null || m.Request.Awaited != handle)];
            (handle.Loaded is null ? hopeless : ready).AddRange(leaving);
            line.Members.ExceptWith(leaving);
            if (line.Members.Count == 0) waiting.Remove(handle);
        }
        // who needs two versions may have to wait for the other one
        foreach (var one in ready) Enter(one);
        return hopeless;
    }

    /// <summary>Those who were accepted before a timestamp and still wait for their model.</summary>
    public IReadOnlyList<Running> WaitingSince(long timestamp)
    {
        List<Running> late = [];
        foreach (var line in waiting.Values)
        {
            if (line.Oldest >= timestamp) continue;
            late.AddRange(line.Members.Where(one => one.Generation.AcceptedAt < timestamp));
            line.Oldest = timestamp;
        }
        return late;
    }

    /// <summary>Frees the slots of a request; the last one closes its lane, before the lease goes and the network with it.</summary>
    public void Leave(Running one)
    {
        if (!one.HasLane)
        {
            foreach (var handle in one.Request.Handles)
                if (waiting.TryGetValue(handle, out var line) && line.Members.Remove(one) && line.Members.Count == 0) waiting.Remove(handle);
            return;
        }
        var key = one.Work.Lane;
        var lane = open[key];
        foreach (var slot in one.Slots)
            if (slot != Running.NoSlot) lane.Runner.Release(slot);
        one.HasLane = false;
        if (--lane.Users > 0) return;
        lane.Runner.Dispose();
        open.Remove(key);
        if (lane.Limit.IsWhole) reduced.Remove(key);
        else reduced[key] = lane.Limit;
    }

    public void Dispose()
    {
        foreach (var lane in open.Values) lane.Runner.Dispose();
        open.Clear();
        waiting.Clear();
    }

    private void Join(Running one, ModelInUse model)
    {
        var key = one.Work.Lane;
        if (!open.TryGetValue(key, out var lane))
        {
            var own = key.IsStrict ? model.Strict!.Sizes : sizes;
            open[key] = lane = new OpenLane(
                ((ILoadedModel)model.Network).Open(one.Generation.Shape), own, key.IsStrict || isPadded, reduced.GetValueOrDefault(key) ?? new RowLimit(own), costs.Of(key));
        }
        lane.Users++;
        one.HasLane = true;
    }
}
