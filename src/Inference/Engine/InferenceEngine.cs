using Diffusion.Inference.Batching;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Engine;

/// <summary>
/// plan, pack, forward, update, commit, publish. Every method runs on one thread; the world reaches it through the
/// <see cref="AdmissionQueue"/> and through flags that it reads between ticks.
/// </summary>
/// <remarks>
/// Only a commit changes the state of a picture, so a batch that fails is run again in halves until the row at fault
/// stands alone, and nobody else notices.
/// </remarks>
internal sealed class InferenceEngine(
    AdmissionQueue queue, GenerationDirectory directory, TickCost cost, IOptions<InferenceOptions> options,
    TimeProvider time, InferenceMetrics metrics, ILogger<InferenceEngine> logger) : IDisposable
{
    private readonly BatchPlanner planner = new(options.Value.MaxBatchRows, options.Value.MaxSkippedTicks);
    private readonly WorkSet work = new();
    private readonly Dictionary<Work, Running> running = [];
    private readonly Dictionary<LaneKey, LaneRunner> lanes = [];
    private long admitted;

    /// <summary>See <see cref="LaneRunner.BeforeForward"/>.</summary>
    public Action<IReadOnlyList<RowInput>>? BeforeForward { get; set; }

    /// <summary>Failed rows since the last commit; many in a row mean a device that is lost.</summary>
    public int FailuresInARow { get; private set; }

    public bool IsIdle => running.Count == 0;

    /// <summary>Device slots in use.</summary>
    public int UsedSlots => lanes.Values.Sum(l => l.UsedSlots);

    /// <summary>One tick. False if there was nothing that could run.</summary>
    public bool Tick()
    {
        TakeArrivals();
        EndCanceled();
        OpenLanes();
        var plan = planner.Plan(work, lanes.ContainsKey);
        if (plan is null) return false;
        var started = time.GetTimestamp();
        Place(plan, started);
        Run(plan.Lane, plan.Samples);
        var elapsed = time.GetElapsedTime(started);
        cost.Record(elapsed, plan.Evaluations);
        metrics.Tick(plan.Evaluations, elapsed, plan.Lane.Model);
        return true;
    }

    /// <summary>Ends everything that is not done; returns how much that was.</summary>
    public int CancelAll()
    {
        TakeArrivals();
        var left = running.Values.ToArray();
        foreach (var one in left) End(one, one.Generation.EndCanceled, "canceled");
        return left.Length;
    }

    public void Dispose()
    {
        foreach (var lane in lanes.Values) lane.Dispose();
        lanes.Clear();
    }

    private void TakeArrivals()
    {
        while (queue.TryTake(out var generation))
        {
            var request = generation.Request;
            var one = new Work(admitted++, generation.Lane, request.Count, request.Steps, request.Cost, work.Tick, request.Course.Entries);
            running[one] = new Running(generation, one);
            work.Add(one);
        }
    }

    private void EndCanceled()
    {
        foreach (var one in running.Values.Where(r => r.Generation.IsCancelRequested).ToArray())
            End(one, one.Generation.EndCanceled, "canceled");
    }

    private void OpenLanes()
    {
        foreach (var one in running.Values.Where(r => !lanes.ContainsKey(r.Work.Lane)).ToArray())
        {
            var handle = one.Request.Lease.Handle;
            if (handle.Problem is not null)
                Fail(one, Problems.ModelUnavailable, $"Model '{one.Generation.Model}' version {one.Generation.Version} cannot be loaded.", null);
            else if (handle.Network is { } network && !lanes.ContainsKey(one.Work.Lane))
                lanes[one.Work.Lane] = new LaneRunner(network, one.Generation.Shape) { BeforeForward = rows => BeforeForward?.Invoke(rows) };
        }
    }

    // deterministic and before anything counts, so a tick that fails may leave it done
    private void Place(BatchPlan plan, long now)
    {
        foreach (var group in plan.Samples.GroupBy(s => s.Owner))
        {
            var one = running[group.Key];
            if (one.StartedAt is null)
            {
                one.StartedAt = now;
                metrics.Waited(time.GetElapsedTime(one.Generation.AcceptedAt, now));
                one.Generation.Start();
            }
            var fresh = group.Where(s => one.Slots[s.Index] == Running.NoSlot).Select(s => s.Index).ToArray();
            if (fresh.Length == 0) continue;
            try
            {
                var slots = lanes[plan.Lane].Place(one.Request.Table, one.FirstStates, fresh);
                for (var i = 0; i < fresh.Length; i++) one.Slots[fresh[i]] = slots[i];
            }
            catch (Exception cause)
            {
                FailuresInARow++;
                Fail(one, ProblemOf(cause), DetailOf(cause), cause);
            }
        }
    }

    private void Run(LaneKey lane, IReadOnlyList<SampleTurn> planned)
    {
        // the half before may have ended a request that this half was planned with
        var samples = planned.Where(s => running.ContainsKey(s.Owner)).ToArray();
        if (samples.Length == 0) return;
        RowInput[] rows = [.. samples.Select(s => running[s.Owner].RowOf(s))];
        RowOutputs outputs;
        try
        {
            outputs = lanes[lane].Run(rows);
        }
        catch (Exception cause) when (samples.Length > 1)
        {
            logger.BatchSplit(cause, samples.Length, lane.Model, lane.Version);
            metrics.Split();
            Run(lane, samples[..(samples.Length / 2)]);
            Run(lane, samples[(samples.Length / 2)..]);
            return;
        }
        catch (Exception cause)
        {
            FailuresInARow++;
            Fail(running[samples[0].Owner], ProblemOf(cause), DetailOf(cause), cause);
            return;
        }
        Commit(lane, samples, rows, outputs);
    }

    private void Commit(LaneKey lane, SampleTurn[] samples, RowInput[] rows, RowOutputs outputs)
    {
        var good = Enumerable.Range(0, samples.Length).Where(i => outputs.IsFinite[i]).ToArray();
        work.Commit(lane, good.Select(i => samples[i]));
        if (good.Length > 0) FailuresInARow = 0;
        foreach (var i in good) Publish(lane, samples[i], rows[i], outputs.Noisy[i], outputs.Clean[i]);
        foreach (var owner in Enumerable.Range(0, samples.Length).Except(good).Select(i => samples[i].Owner).Distinct())
            if (running.TryGetValue(owner, out var one))
                Fail(one, Problems.NonFinite, "A picture became NaN or infinite; the model or its settings do not hold.", null);
        foreach (var owner in good.Select(i => samples[i].Owner).Distinct())
            if (running.TryGetValue(owner, out var one) && one.Work.IsFinished) Succeed(one);
    }

    private void Publish(LaneKey lane, SampleTurn sample, RowInput row, float[]? noisy, float[]? clean)
    {
        var one = running[sample.Owner];
        var generation = one.Generation;
        var cost = one.Work.CostOf(sample.Done - 1);
        generation.RowsLeft -= cost;
        queue.Leave(cost);
        if (one.IsEnd(sample) && one.FirstStates.Reached(sample.Index, noisy!)) one.Work.Release(work.Tick);
        if (sample.IsFinished)
        {
            noisy!.CopyTo(one.Values, sample.Index * generation.Shape.Values);
            lanes[lane].Release(one.Slots[sample.Index]);
            one.Slots[sample.Index] = Running.NoSlot;
        }
        if (row.Demand == FrameDemand.None) return;
        metrics.FramesDropped(generation.Offer(new Frame(sample.Index, sample.Done, row.Row.TimeIndex, generation.Shape, noisy, clean), sample.Done));
    }

    private void Succeed(Running one)
    {
        var shape = one.Generation.Shape;
        var result = new GenerationResult(
            one.Values, one.Generation.Count, shape.Channels, shape.Height, shape.Width, one.Request.Labels,
            time.GetElapsedTime(one.Generation.AcceptedAt, one.StartedAt!.Value).TotalMilliseconds,
            time.GetElapsedTime(one.StartedAt.Value).TotalMilliseconds);
        End(one, () => one.Generation.Succeed(result), "succeeded");
    }

    private void Fail(Running one, string problem, string detail, Exception? cause)
    {
        logger.GenerationFailed(cause, one.Generation.Id, problem);
        End(one, () => one.Generation.Fail(problem, detail), problem);
    }

    private void End(Running one, Action publish, string outcome)
    {
        work.Remove(one.Work);
        running.Remove(one.Work);
        if (lanes.TryGetValue(one.Work.Lane, out var lane)) Release(one, lane);
        one.Request.Lease.Dispose();
        queue.Leave(one.Generation.RowsLeft);
        one.Generation.RowsLeft = 0;
        queue.End();
        metrics.Ended(outcome, one.Generation.Model, time.GetElapsedTime(one.Generation.AcceptedAt));
        one.Generation.Activity?.SetTag("diffusion.outcome", outcome).Dispose();
        publish();
        directory.Ended(one.Generation);
    }

    private void Release(Running one, LaneRunner lane)
    {
        foreach (var slot in one.Slots)
            if (slot != Running.NoSlot) lane.Release(slot);
        if (running.Keys.Any(w => w.Lane == one.Work.Lane)) return;
        // before the lease goes: the network may be unloaded with it
        lane.Dispose();
        lanes.Remove(one.Work.Lane);
    }

    private static string ProblemOf(Exception cause) => IsOutOfMemory(cause) ? Problems.OutOfMemory : Problems.EngineError;

    private static string DetailOf(Exception cause) => IsOutOfMemory(cause)
        ? "One picture of this request needs more memory than the device has."
        : "The network could not be evaluated for this request; the log has the cause.";

    // libtorch has no type for it: "CUDA out of memory", "DefaultCPUAllocator: can't allocate memory"
    private static bool IsOutOfMemory(Exception cause) => cause is OutOfMemoryException
        || cause.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || cause.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);
}
