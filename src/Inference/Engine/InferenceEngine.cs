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
    AdmissionQueue queue, GenerationDirectory directory, CostBook costs, IOptions<InferenceOptions> options,
    TimeProvider time, InferenceMetrics metrics, ILogger<InferenceEngine> logger) : IDisposable
{
    private readonly ISchedulingPolicy policy = PolicyCatalog.Find(options.Value.Policy)!;
    private readonly WorkSet work = new(costs, new SchedulingWeights(options.Value.ModelWeights, options.Value.ClientWeights));
    private readonly Dictionary<Work, Running> running = [];
    private readonly Dictionary<Generation, Running> byGeneration = [];
    private readonly Lanes lanes = new();
    private readonly long origin = time.GetTimestamp();
    private long admitted, charged;

    /// <summary>Called with the rows before each forward pass; tests make it fail there.</summary>
    public Action<IReadOnlyList<RowInput>>? BeforeForward { get; set; }

    /// <summary>Failed rows since the last commit; many in a row mean a device that is lost.</summary>
    public int FailuresInARow { get; private set; }

    public bool IsIdle => running.Count == 0;

    /// <summary>Device slots in use.</summary>
    public int UsedSlots => lanes.UsedSlots;

    /// <summary>One tick. False if there was nothing that could run.</summary>
    public bool Tick()
    {
        TakeArrivals();
        EndCanceled();
        foreach (var one in lanes.Advance()) FailWithoutModel(one);
        work.Enter(lanes.IsOpen);
        var started = time.GetTimestamp();
        EndBroken(started);
        var plan = policy.Plan(work, new TickLimits(options.Value.MaxBatchRows, options.Value.MaxSkippedTicks, Clock(started)));
        if (plan is null) return false;
        charged = started;
        Place(plan, started);
        Run(plan.Lane, plan.Samples);
        var elapsed = time.GetElapsedTime(started);
        costs.Record(plan.Lane, plan.Evaluations, elapsed);
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

    public void Dispose() => lanes.Dispose();

    private void TakeArrivals()
    {
        while (queue.TryTake(out var generation))
        {
            var one = new Running(generation, WorkOf(generation));
            running[one.Work] = byGeneration[generation] = one;
            work.Add(one.Work);
            lanes.Enter(one);
            // asked before it arrived; what is asked from now on comes through the queue
            if (generation.IsCancelRequested) End(one, generation.EndCanceled, "canceled");
        }
    }

    private void EndCanceled()
    {
        while (queue.TryTakeCanceled(out var generation))
            if (byGeneration.TryGetValue(generation, out var one)) End(one, generation.EndCanceled, "canceled");
    }

    private Work WorkOf(Generation generation)
    {
        var request = generation.Request;
        var accepted = Clock(generation.AcceptedAt);
        return new Work(admitted++, generation.Lane, request.Count, request.Steps, request.Cost, request.Course.Entries)
        {
            Client = request.Client,
            ClientWeight = request.ClientWeight,
            Class = request.Class,
            Recipe = request.Recipe,
            Arrival = accepted,
            Deadline = accepted + request.Deadline?.TotalMilliseconds,
        };
    }

    private void EndBroken(long now)
    {
        foreach (var broken in Promises.Broken(work, Clock(now)))
            if (running.TryGetValue(broken, out var one))
                Fail(one, Problems.DeadlineExceeded, $"It was to be done within {one.Request.Deadline!.Value.TotalMilliseconds:0} ms, which cannot be kept any more.", null);
    }

    /// <summary>Milliseconds since the engine was made.</summary>
    private double Clock(long timestamp) => time.GetElapsedTime(origin, timestamp).TotalMilliseconds;

    // deterministic and before anything counts, so a tick that fails may leave it done
    private void Place(BatchPlan plan, long now)
    {
        foreach (var group in plan.Samples.GroupBy(s => s.Owner))
        {
            var one = running[group.Key];
            if (one.StartedAt is null)
            {
                one.StartedAt = now;
                metrics.Waited(time.GetElapsedTime(one.Generation.AcceptedAt, now), one.Work.Class);
                one.Generation.Start();
            }
            var fresh = group.Where(s => one.Slots[s.Index] == Running.NoSlot).Select(s => s.Index).ToArray();
            if (fresh.Length == 0) continue;
            try
            {
                Place(one, fresh);
            }
            catch (Exception cause)
            {
                FailuresInARow++;
                Fail(one, ProblemOf(cause), DetailOf(cause), cause);
            }
        }
    }

    private void Place(Running one, int[] pictures)
    {
        var size = one.Generation.Shape.Values;
        var x = new float[pictures.Length * size];
        var memory = new float[one.Request.Lease.Manifest.Network.Memory ? x.Length : 0];
        for (var i = 0; i < pictures.Length; i++)
            one.FirstStates.Fill(pictures[i], x.AsSpan(i * size, size), memory.Length == 0 ? [] : memory.AsSpan(i * size, size));
        var slots = lanes[one.Work.Lane].Place(x, memory, one.Request.Table.Rows.Any(r => r.C != 0));
        for (var i = 0; i < pictures.Length; i++) one.Slots[pictures[i]] = slots[i];
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
            BeforeForward?.Invoke(rows);
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
        Charge(lane, [.. good.Select(i => samples[i])]);
        if (good.Length > 0) FailuresInARow = 0;
        foreach (var i in good) Publish(lane, samples[i], rows[i], outputs.Noisy[i], outputs.Clean[i]);
        foreach (var owner in Enumerable.Range(0, samples.Length).Except(good).Select(i => samples[i].Owner).Distinct())
            if (running.TryGetValue(owner, out var one))
                Fail(one, Problems.NonFinite, "A picture became NaN or infinite; the model or its settings do not hold.", null);
        foreach (var owner in good.Select(i => samples[i].Owner).Distinct())
            if (running.TryGetValue(owner, out var one) && one.Work.IsFinished) Succeed(one);
    }

    // a half that failed before is paid by those that ran in the end
    private void Charge(LaneKey lane, SampleTurn[] ran)
    {
        var now = time.GetTimestamp();
        var milliseconds = time.GetElapsedTime(charged, now).TotalMilliseconds;
        charged = now;
        var rows = ran.Sum(s => s.Cost);
        foreach (var sample in ran) metrics.Served(milliseconds * sample.Cost / rows, lane.Model, sample.Owner.Client);
        work.Commit(lane, ran, milliseconds);
    }

    private void Publish(LaneKey lane, SampleTurn sample, RowInput row, float[]? noisy, float[]? clean)
    {
        var one = running[sample.Owner];
        var generation = one.Generation;
        var cost = one.Work.CostOf(sample.Done - 1);
        generation.RowsLeft -= cost;
        queue.Leave(generation, cost);
        if (one.IsEnd(sample) && one.FirstStates.Reached(sample.Index, noisy!)) work.Release(one.Work);
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

    private void FailWithoutModel(Running one) => Fail(
        one, Problems.ModelUnavailable, $"Model '{one.Generation.Model}' version {one.Generation.Version} cannot be loaded.", null);

    private void Fail(Running one, string problem, string detail, Exception? cause)
    {
        logger.GenerationFailed(cause, one.Generation.Id, problem);
        End(one, () => one.Generation.Fail(problem, detail), problem);
    }

    private void End(Running one, Action publish, string outcome)
    {
        work.Remove(one.Work);
        running.Remove(one.Work);
        byGeneration.Remove(one.Generation);
        lanes.Leave(one);
        one.Request.Lease.Dispose();
        queue.Leave(one.Generation, one.Generation.RowsLeft);
        one.Generation.Charge?.Settle(one.Generation.RowsLeft);
        one.Generation.RowsLeft = 0;
        queue.End(one.Generation);
        metrics.Ended(outcome, one.Generation.Model, time.GetElapsedTime(one.Generation.AcceptedAt));
        one.Generation.Activity?.SetTag("diffusion.outcome", outcome).Dispose();
        publish();
        directory.Ended(one.Generation);
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
