using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// Plays a script on the registered service, on a virtual clock and a network of one line, and notes all that can be
/// seen. Happenings fall into the middle of ticks as they do in life; one thread plays everything, so a run is the same
/// each time.
/// </summary>
internal sealed class World : IDisposable
{
    private readonly Script script;
    private readonly Parts parts;
    private readonly AnalyticRig rig;
    private readonly AdmissionQueue queue;
    private readonly CostBook costs;
    private readonly Queue<(TimeSpan At, Happening What)> due = new();
    private readonly Dictionary<ulong, Told> bySeed = [];
    private readonly List<(string Law, string What)> reports = [];
    private readonly DateTimeOffset start;
    private TickNote? current;
    private int memoryRows, hiccups;

    public World(Script script, Parts parts)
    {
        (this.script, this.parts) = (script, parts);
        var setting = script.Setting;
        rig = new AnalyticRig(
            SharedModels.Folder,
            device => new ShellDevice(parts.Device(device), lane => new Observer(this, lane)),
            services => services.AddSingleton(parts.Policy),
            ("MaxBatchRows", setting.MaxRows), ("MaxSkippedTicks", setting.MaxSkipped), ("MaxQueuedRows", 100_000_000),
            ("MaxQueuedGenerations", 10_000), ("ClientWeights:client-0", setting.FirstWeight));
        (queue, costs) = (rig.Services.GetRequiredService<AdmissionQueue>(), rig.Services.GetRequiredService<CostBook>());
        rig.Device.PerTick = TimeSpan.FromMilliseconds(setting.TickMs);
        rig.Device.PerRow = TimeSpan.FromMilliseconds(setting.RowMs);
        rig.Device.Passes = Pass;
        rig.Device.BeforeCommit = Break;
        rig.Device.IsPoisoned = row => AskOf(row) is { Fault: Fault.NaN } ask && row.Step >= ask.FaultStep;
        if (setting.IsLearnt) Learn();
        parts.Rig(rig);
        start = rig.Clock.GetUtcNow();
        var at = TimeSpan.Zero;
        foreach (var happening in script.Happenings) due.Enqueue((at += TimeSpan.FromMilliseconds(happening.After), happening));
    }

    /// <summary>In the order of acceptance.</summary>
    public List<Told> Accepted { get; } = [];

    public List<(Ask Ask, GenerationRefusedException Refusal)> Refused { get; } = [];

    public List<TickNote> Ticks { get; } = [];

    /// <summary>Slots taken and not released, over all lanes.</summary>
    public int UsedSlots { get; set; }

    /// <summary>Pictures that the device gave to the host.</summary>
    public List<WeakReference> Handed { get; } = [];

    /// <summary>Virtual milliseconds.</summary>
    public double Now => (rig.Clock.GetUtcNow() - start).TotalMilliseconds;

    public Setting Setting => script.Setting;

    /// <summary>Plays the script until nothing is left to do.</summary>
    public World Play()
    {
        do
        {
            Deliver(rig.Clock.GetUtcNow());
            while (Tick()) { }
        }
        while (Sleep());
        foreach (var told in Accepted) told.Reader?.Read(Ticks.Count);
        return this;
    }

    /// <summary>Something that must never be, seen while it was played.</summary>
    public void Report(string law, string what) => reports.Add((law, what));

    public string? Reported(string law) => reports.Where(r => r.Law == law).Select(r => r.What).FirstOrDefault();

    public void Begins(IReadOnlyList<RowInput> rows)
    {
        if (current is null || current.Lane is not null) return;
        (current.Lane, current.Planned) = (bySeed[rows[0].Seed].Generation.Lane, [.. rows]);
        foreach (var row in rows)
        {
            var client = bySeed[row.Seed].Generation.Request.Client;
            current.Had[client] = current.Had.GetValueOrDefault(client) + (row.IsGuided ? 2 : 1);
        }
    }

    public void Failed(IReadOnlyList<RowInput> rows)
    {
        if (rows.Count == 1) bySeed[rows[0].Seed].IsConvicted = true;
    }

    public void Ran(IReadOnlyList<RowInput> rows, RowOutputs outputs)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            if (outputs.Noisy[i] is { } noisy) Handed.Add(new WeakReference(noisy));
            if (outputs.Clean[i] is { } clean) Handed.Add(new WeakReference(clean));
            var (row, told) = (rows[i], bySeed[rows[i].Seed]);
            if (!outputs.IsFinite[i])
            {
                told.IsConvicted = true;
                continue;
            }
            told.Ran.Add((Ticks.Count, row));
            told.Evaluations += row.IsGuided ? 2 : 1;
            told.Done[row.Sample] = row.Step + 1;
            told.Reader?.Ran(row.Step + 1);
        }
    }

    public void Dispose() => rig.Dispose();

    private bool Tick()
    {
        var states = Accepted.Where(t => t.Ended is null).Select(t => (Told: t, t.Generation.State)).ToArray();
        current = Note(states.Select(s => s.Told));
        Ticks.Add(current);
        bool ran;
        try
        {
            ran = rig.Engine.Tick();
        }
        catch (Exception death)
        {
            throw new Violation(Laws.Conservation, $"the engine died: {death.Message}");
        }
        var (note, number) = (current, Ticks.Count - 1);
        current = null;
        note.End = Now;
        if (!ran && note.Lane is null) Ticks.RemoveAt(number);
        if (!ran && note.Waiting.Count(w => !w.Told.IsFinal) is var idle and > 0) Report(Laws.WorkConservation, $"nothing ran at {Now} ms, and {idle} pictures could have");
        foreach (var (told, before) in states)
            if (told.Generation.State != before) told.Reader?.Changed();
        foreach (var told in Accepted.Where(t => t.Ended is null))
        {
            if (told.IsFinal) told.Ended = (Ticks.Count, Now);
            if (told.Ask.Watch == Watch.Closely) told.Reader?.Read(number);
        }
        var live = Accepted.Where(t => !t.IsFinal).ToArray();
        note.Books = (queue.RowsWaiting, queue.Generations, rig.Engine.UsedSlots);
        note.Counted = (live.Sum(t => t.Generation.Request.Rows - t.Evaluations), live.Length, UsedSlots);
        if (note.Books != note.Counted) Report(Laws.Conservation, $"at {Now} ms the service counts {note.Books}, and there are {note.Counted} (rows, generations, slots)");
        foreach (var told in live.Where(t => t.LastTick < number))
            Report(Laws.Cancellation, $"{told} was canceled, and lives after the next tick");
        if (Ticks.Count > 100_000) throw new Violation(Laws.Conservation, "it does not come to an end");
        return ran;
    }

    private TickNote Note(IEnumerable<Told> live)
    {
        var ready = live.Where(t => t.LastTick is null && t.Generation.Request.Lease.Handle.Loaded is not null).ToArray();
        return new TickNote
        {
            Number = Ticks.Count,
            Start = Now,
            Wanted = ready.GroupBy(t => (t.Generation.Lane, t.Generation.Request.Client)).ToDictionary(g => g.Key, g => g.Sum(t => t.RowsWanted)),
            Waiting = [.. ready.SelectMany(t => Enumerable.Range(0, t.Ask.Count).Where(i => t.Done[i] < t.Generation.Steps).Select(i => (t, i)))],
            IsHurried = ready.Any(t => t.Ask.Class == RequestClass.Interactive || t.Due is not null),
            Costs = KnownCosts(ready),
        };
    }

    private Func<LaneKey, (CostFit Fit, int Cap)> KnownCosts(Told[] ready)
    {
        var known = ready.Select(t => t.Generation.Lane).Distinct().ToDictionary(l => l, l => (costs.Of(l).Fit, Math.Min(script.Setting.MaxRows, costs.Of(l).Cap)));
        return lane => known[lane];
    }

    // as the engine's thread: it sleeps until it is woken
    private bool Sleep()
    {
        while (!queue.Wait(0))
        {
            Load();
            if (queue.Wait(0)) return true;
            if (due.Count == 0)
            {
                if (Accepted.Any(t => !t.IsFinal && t.Generation.Request.Lease.Handle.Loaded is not null))
                    Report(Laws.WorkConservation, "the engine sleeps, and there is work for which nobody woke it");
                return false;
            }
            Pass(start + due.Peek().At - rig.Clock.GetUtcNow());
        }
        return true;
    }

    // beside the engine, so that the trial of a model takes none of its time
    private void Load()
    {
        rig.Device.Passes = _ => { };
        rig.Watcher.LoadWanted();
        rig.Device.Passes = Pass;
    }

    private void Pass(TimeSpan by)
    {
        var end = rig.Clock.GetUtcNow() + by;
        Deliver(end);
        rig.Clock.Advance(end - rig.Clock.GetUtcNow());
    }

    private void Deliver(DateTimeOffset until)
    {
        while (due.TryPeek(out var next) && start + next.At <= until)
        {
            due.Dequeue();
            var wait = start + next.At - rig.Clock.GetUtcNow();
            if (wait > TimeSpan.Zero) rig.Clock.Advance(wait);
            Happen(next.What);
        }
    }

    private void Happen(Happening happening)
    {
        switch (happening)
        {
            case Ask ask:
                Submit(ask, ask.Request(script.Setting));
                break;
            case Cancel cancel when bySeed.TryGetValue(cancel.Seed, out var told):
                told.Generation.Cancel();
                if (!told.IsFinal) told.LastTick ??= Ticks.Count - 1;
                break;
            case Memory memory:
                memoryRows = memory.Rows;
                break;
            case Hiccup hiccup:
                hiccups += hiccup.Batches;
                break;
        }
    }

    private void Submit(Ask ask, GenerationRequest request)
    {
        try
        {
            var told = new Told(ask, parts.Submit(rig, request), Now);
            Accepted.Add(told);
            bySeed[ask.Seed] = told;
            if (ask.Watch != Watch.Nobody) told.Reader = new Reader(told.Generation, ask.Every);
        }
        catch (GenerationRefusedException refusal)
        {
            Refused.Add((ask, refusal));
            if (refusal.PredictedWait is not { } promised || request.Deadline is null || Accepted.Any(t => !t.IsFinal && t.Due is not null)) return;
            if (request.Deadline >= promised + TimeSpan.FromMilliseconds(1)) Report(Laws.Deadline, $"{ask} could be promised in {promised}, and was refused");
            else Submit(ask, request with { Deadline = promised + TimeSpan.FromMilliseconds(1) });
        }
    }

    private void Break(IReadOnlyList<RowInput> rows)
    {
        // a model that is being loaded is tried out between ticks
        if (current is null) return;
        if (hiccups > 0)
        {
            hiccups--;
            throw new InvalidOperationException("CUDA error: unspecified launch failure");
        }
        if (memoryRows > 0 && rows.Sum(r => r.IsGuided ? 2 : 1) > memoryRows) throw new InvalidOperationException("CUDA out of memory.");
        if (rows.Any(r => AskOf(r) is { Fault: Fault.Breaks } ask && r.Step >= ask.FaultStep)) throw new InvalidOperationException("CUDA error: device-side assert");
    }

    private Ask? AskOf(RowInput row) => bySeed.GetValueOrDefault(row.Seed)?.Ask;

    private void Learn()
    {
        foreach (var lane in new[] { AnalyticRig.Labelled, SharedModels.Older, AnalyticRig.Memory }.Select(LaneOf))
            for (var rows = 3 * script.Setting.MaxRows; rows > 0; rows--)
                costs.Record(lane, 1 + rows % script.Setting.MaxRows, rig.Device.PerTick + (1 + rows % script.Setting.MaxRows) * rig.Device.PerRow);
    }

    private LaneKey LaneOf(string model)
    {
        using var lease = rig.Models.Acquire(model.Split('@')[0], model.Contains('@', StringComparison.Ordinal) ? model.Split('@')[1] : null)!;
        return LaneKey.Of(lease.Manifest);
    }
}
