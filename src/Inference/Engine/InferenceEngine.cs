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
    AdmissionQueue queue, GenerationDirectory directory, CostBook costs, ISchedulingPolicy policy, IDevice device, IOptions<InferenceOptions> options,
    TimeProvider time, InferenceMetrics metrics, ILogger<InferenceEngine> logger) : IDisposable
{
    private readonly WorkSet work = new(costs, new SchedulingWeights(options.Value.ModelWeights, options.Value.ClientWeights));
    private readonly Dictionary<Work, Running> running = [];
    private readonly Dictionary<Generation, Running> byGeneration = [];
    private readonly Lanes lanes = new(
        costs, options.Value.MaxBatchRows, options.Value.BatchBuckets == "on" || (options.Value.BatchBuckets == "auto" && device.PrefersFewSizes));

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
        EndWithoutModel();
        work.Enter(lanes.IsOpen);
        var started = time.GetTimestamp();
        EndBroken(started);
        var plan = policy.Plan(work, new TickLimits(options.Value.MaxBatchRows, options.Value.MaxSkippedTicks, Clock(started)));
        if (plan is null) return false;
        charged = started;
        Place(plan, started);
        if (!plan.Samples.Any(HasSlot)) plan = Begun(started) ?? plan;
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
        foreach (var one in left) End(one, () => one.Generation.EndCanceled(byShutdown: !one.Generation.IsCancelRequested), "canceled");
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
            if (generation.IsCancelRequested) End(one, () => generation.EndCanceled(), "canceled");
        }
    }

    private void EndCanceled()
    {
        while (queue.TryTakeCanceled(out var generation))
            if (byGeneration.TryGetValue(generation, out var one)) End(one, () => generation.EndCanceled(), "canceled");
    }

    private void EndWithoutModel()
    {
        foreach (var one in lanes.Advance()) Fail(one, Problems.ModelUnavailable, $"Model '{NameOf(one)}' cannot be loaded.", null);
        var limit = options.Value.ModelLoadTimeout;
        foreach (var one in lanes.WaitingSince(time.GetTimestamp() - (long)(limit.TotalSeconds * time.TimestampFrequency)))
            Fail(one, Problems.ModelLoading, $"Model '{NameOf(one)}' is not loaded after {limit.TotalSeconds:0} s.", null);

        static string NameOf(Running one) => (one.Request.Awaited ?? one.Request.Lease.Handle).Manifest is var awaited ? $"{awaited.Model}@{awaited.Version}" : "";
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
            PlaceFresh(one, fresh);
        }
    }

    // in halves as well; who finds no room waits for others to give their slots back, if there are others
    private void PlaceFresh(Running one, int[] pictures)
    {
        try
        {
            Place(one, pictures);
        }
        catch (Exception cause)
        {
            var noRoom = DeviceErrors.IsOutOfMemory(cause);
            if (noRoom) device.Trim();
            if (noRoom && pictures.Length > 1)
            {
                var half = pictures.Length / 2;
                PlaceFresh(one, pictures[..half]);
                if (running.ContainsKey(one.Work) && one.Slots[pictures[half - 1]] != Running.NoSlot) PlaceFresh(one, pictures[half..]);
            }
            else if (!noRoom || lanes.UsedSlots == 0)
            {
                FailAlone(one, cause);
            }
        }
    }

    // what a policy plans without a commit it plans again, so pictures that wait for room must not hold up those that have it
    private BatchPlan? Begun(long now)
    {
        if (work.InFlight.FirstOrDefault() is not { } oldest || work.Find(oldest.Owner.Lane) is not { } lane) return null;
        var limits = new TickLimits(options.Value.MaxBatchRows, options.Value.MaxSkippedTicks, Clock(now));
        return new BatchDraft(lane, limits.RowsOf(lane)).TakeAll(work.InFlight.Where(s => s.Owner.Lane == lane.Key && HasSlot(s))).ToPlan();
    }

    private bool HasSlot(SampleTurn sample) => running.TryGetValue(sample.Owner, out var one) && one.Slots[sample.Index] != Running.NoSlot;

    private void Place(Running one, int[] pictures)
    {
        var size = one.Generation.Shape.Values;
        var x = new float[pictures.Length * size];
        var memory = new float[one.Request.Lease.Manifest.Network.Memory ? x.Length : 0];
        for (var i = 0; i < pictures.Length; i++)
            one.FirstStates.Fill(pictures[i], x.AsSpan(i * size, size), memory.Length == 0 ? [] : memory.AsSpan(i * size, size));
        var slots = lanes[one.Work.Lane].Runner.Place(x, memory, one.Request.Table.Rows.Any(r => r.C != 0));
        for (var i = 0; i < pictures.Length; i++) one.Slots[pictures[i]] = slots[i];
    }

    // in halves until it works; a picture that fails alone has itself to blame
    private void Run(LaneKey key, IReadOnlyList<SampleTurn> planned)
    {
        // the half before may have ended a request that this half was planned with; and who found no room waits
        var samples = planned.Where(HasSlot).ToArray();
        if (samples.Length == 0) return;
        var lane = lanes[key];
        var evaluations = samples.Sum(s => s.Cost);
        var size = lane.SizeOf(evaluations);
        RowInput[] rows = [.. samples.Select(s => running[s.Owner].RowOf(s))];
        RowOutputs outputs;
        try
        {
            BeforeForward?.Invoke(rows);
            outputs = lane.Runner.Run(rows, size);
        }
        catch (Exception cause)
        {
            if (DeviceErrors.IsOutOfMemory(cause))
            {
                device.Trim();
                lane.OutOfMemory(evaluations);
            }
            if (samples.Length == 1) FailAlone(running[samples[0].Owner], cause);
            else Split(key, samples, cause);
            return;
        }
        lane.Fitted();
        if (size > 0) metrics.Padded(evaluations, (evaluations + size - 1) / size * size);
        Commit(key, samples, rows, outputs);
    }

    private void Split(LaneKey lane, SampleTurn[] samples, Exception cause)
    {
        logger.BatchSplit(cause, samples.Length, lane.Model, lane.Version);
        metrics.Split(DeviceErrors.IsOutOfMemory(cause));
        Run(lane, samples[..(samples.Length / 2)]);
        Run(lane, samples[(samples.Length / 2)..]);
    }

    private void FailAlone(Running one, Exception cause)
    {
        FailuresInARow++;
        var (problem, detail) = DeviceErrors.Describe(cause);
        Fail(one, problem, detail, cause);
    }

    private void Commit(LaneKey lane, SampleTurn[] samples, RowInput[] rows, RowOutputs outputs)
    {
        var good = Enumerable.Range(0, samples.Length).Where(i => outputs.IsFinite[i]).ToArray();
        Charge(lane, [.. good.Select(i => samples[i])]);
        if (good.Length > 0) FailuresInARow = 0;
        foreach (var i in good) Advance(lane, samples[i], outputs.Noisy[i]);
        Publish(samples, rows, outputs, good);
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

    private void Advance(LaneKey lane, SampleTurn sample, float[]? noisy)
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
            lanes[lane].Runner.Release(one.Slots[sample.Index]);
            one.Slots[sample.Index] = Running.NoSlot;
        }
    }

    // handed over once a tick and request, as arrays: what becomes of them is the readers' work
    private void Publish(SampleTurn[] samples, RowInput[] rows, RowOutputs outputs, int[] good)
    {
        foreach (var group in good.Where(i => rows[i].Demand != FrameDemand.None).GroupBy(i => samples[i].Owner))
        {
            var one = running[group.Key];
            var frames = new List<Frame>();
            foreach (var i in group)
            {
                var (sample, noisy, clean, memory) = (samples[i], outputs.Noisy[i], outputs.Clean[i], outputs.Memory[i]);
                one.Recording?.Take(sample.Index, sample.Done, noisy, clean, memory);
                frames.Add(new Frame(sample.Index, sample.Done, rows[i].Row.TimeIndex, one.Generation.Shape, noisy, clean, memory));
            }
            one.Generation.Offer(frames);
        }
    }

    private void Succeed(Running one)
    {
        var shape = one.Generation.Shape;
        var result = new GenerationResult(
            one.Values, one.Generation.Count, shape.Channels, shape.Height, shape.Width, one.Request.Labels,
            time.GetElapsedTime(one.Generation.AcceptedAt, one.StartedAt!.Value).TotalMilliseconds,
            time.GetElapsedTime(one.StartedAt.Value).TotalMilliseconds)
        {
            Trajectory = one.Recording?.ToTrajectory(),
        };
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
        byGeneration.Remove(one.Generation);
        lanes.Leave(one);
        one.Request.Release();
        queue.Leave(one.Generation, one.Generation.RowsLeft);
        one.Generation.Charge?.Settle(one.Generation.RowsLeft);
        one.Generation.RowsLeft = 0;
        queue.End(one.Generation);
        metrics.Ended(outcome, one.Generation.Model, time.GetElapsedTime(one.Generation.AcceptedAt));
        one.Generation.Activity?.SetTag("diffusion.outcome", outcome).Dispose();
        publish();
        directory.Ended(one.Generation);
    }
}
