using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>What the cost model says to callers: when it will be done, when to come back, and what cannot be promised.</summary>
public sealed class AdmissionTests : IDisposable
{
    private readonly AnalyticRig rig = new(("MaxBatchRows", 16), ("MaxQueuedRows", 4000), ("MaxQueuedGenerations", 40));

    private static GenerationRequest Request => new() { Model = AnalyticRig.Labelled, Sampler = "ddim", Steps = 10, Seed = 1 };

    [Fact]
    public async Task Queued_SaysWhenItWillBeDone()
    {
        Learn();
        var started = rig.Clock.GetUtcNow();
        var alone = rig.Submit(Request);
        rig.RunAll();
        var took = (rig.Clock.GetUtcNow() - started).TotalMilliseconds;
        Assert.InRange(await Eta(alone), took * 0.9, took * 1.1 + 1);
        rig.Submit(Request with { Count = 32, Steps = 40 });
        var behind = rig.Submit(Request);
        Assert.InRange(await Eta(behind), took, 10 * took);
        rig.RunAll();
    }

    [Fact]
    public void Submit_BeyondTheLimit_SaysHowManyWaitAndForHowLong()
    {
        Learn();
        for (var i = 0; i < 40; i++) rig.Submit(Request);
        var refusal = Refused(Request);
        Assert.Equal((RefusalReason.Overloaded, 40), (refusal.Reason, refusal.QueueDepth));
        var started = rig.Clock.GetUtcNow();
        rig.RunAll();
        var took = rig.Clock.GetUtcNow() - started;
        Assert.InRange(refusal.PredictedWait!.Value, took * 0.8, took * 1.2);
    }

    [Fact]
    public void Submit_RowsBeyondTheLimit_ComeBackWhenThereIsRoom()
    {
        Learn();
        rig.Submit(Request with { Count = 64, Steps = 60 });
        var refusal = Refused(Request with { Count = 32, Steps = 60 });
        Assert.Equal(RefusalReason.Overloaded, refusal.Reason);
        var back = rig.Clock.GetUtcNow() + refusal.RetryAfter!.Value;
        while (rig.Clock.GetUtcNow() < back && rig.Engine.Tick()) { }
        rig.Submit(Request with { Count = 32, Steps = 60 });
        rig.RunAll();
    }

    [Fact]
    public void Submit_DeadlineThatCannotBeMet_IsRefusedWithTheTimeThatCan()
    {
        Learn();
        var refusal = Refused(Request with { Steps = 60, Deadline = TimeSpan.FromMilliseconds(100) });
        Assert.Equal((RefusalReason.DeadlineInfeasible, "deadlineMs"), (refusal.Reason, refusal.Errors.Single().Field));
        Assert.Equal(0, rig.Service.Snapshot().Generations);
        var promised = refusal.PredictedWait!.Value;
        Assert.True(promised > TimeSpan.FromMilliseconds(100));
        var accepted = rig.Submit(Request with { Steps = 60, Deadline = promised + TimeSpan.FromMilliseconds(1) });
        for (var i = 0; i < 5; i++) rig.Submit(Request with { Count = 8, Steps = 60, Client = $"other {i}" });
        var started = rig.Clock.GetUtcNow();
        while (accepted.State is not GenerationState.Succeeded) Assert.True(rig.Engine.Tick());
        Assert.InRange(rig.Clock.GetUtcNow() - started, TimeSpan.Zero, promised);
    }

    [Fact]
    public void Submit_DeadlineThatWouldBreakAnother_IsRefused()
    {
        Learn();
        var promised = Refused(Request with { Steps = 60, Deadline = TimeSpan.FromMilliseconds(1) }).PredictedWait!.Value + TimeSpan.FromMilliseconds(5);
        var first = rig.Submit(Request with { Steps = 60, Count = 2, Deadline = promised });
        var refusal = Refused(Request with { Steps = 50, Count = 16, Deadline = promised - TimeSpan.FromMilliseconds(10) });
        Assert.Equal(RefusalReason.DeadlineInfeasible, refusal.Reason);
        rig.RunAll();
        Assert.Equal(GenerationState.Succeeded, first.State);
    }

    [Fact]
    public void Tick_DeviceThatBecomesSlow_EndsWhatCannotBeKept()
    {
        Learn();
        var promised = Refused(Request with { Steps = 60, Deadline = TimeSpan.FromMilliseconds(1) }).PredictedWait!.Value + TimeSpan.FromMilliseconds(5);
        var generation = rig.Submit(Request with { Steps = 60, Deadline = promised });
        rig.Device.PerTick *= 3;
        rig.RunAll();
        Assert.Equal("deadline-exceeded", Rig.Failure(generation).Problem);
        Assert.Equal((0, 0L), (rig.Service.Snapshot().Generations, rig.Service.Snapshot().RowsWaiting));
        Assert.Equal(0, rig.Engine.UsedSlots);
    }

    [Fact]
    public void Submit_DeadlineForAModelThatIsNotLoaded_IsRefused()
    {
        rig.Publish("late");
        rig.Models.Refresh();
        var refusal = Refused(Request with { Model = "late", Deadline = TimeSpan.FromHours(1) });
        Assert.Equal(RefusalReason.DeadlineInfeasible, refusal.Reason);
        Assert.Contains("loaded", refusal.Message);
    }

    [Fact]
    public void Submit_WrongClassAndDeadline_AreNamed()
    {
        var refusal = Refused(Request with { Class = (RequestClass)7, Deadline = TimeSpan.Zero });
        Assert.Equal(["deadlineMs", "priority"], refusal.Errors.Select(e => e.Field).Order());
        Assert.Contains("interactive, batch, evaluation", refusal.Message);
    }

    [Fact]
    public void Snapshot_ShowsEveryLaneWithItsCostClassesAndClients()
    {
        Learn();
        rig.Submit(Request with { Client = "a", Count = 2 });
        rig.Submit(Request with { Client = "b", Class = RequestClass.Evaluation, Count = 3 });
        var snapshot = rig.Service.Snapshot();
        var lane = Assert.Single(snapshot.Lanes);
        Assert.Equal(("fair", 16, 50L), (snapshot.Policy, lane.Cap, lane.RowsWaiting));
        Assert.InRange(lane.Cost.AlphaMs, 5.5, 6.5);
        Assert.InRange(lane.Cost.BetaMs, 0.03, 0.09);
        Assert.InRange(lane.Cost.Knee, 10, 16);
        Assert.True(lane.Cost.Samples > 16);
        Assert.InRange(lane.PredictedWaitMs, 55, 75);
        Assert.Equal([new("b", 1, 30), new("a", 1, 20)], lane.Clients);
        Assert.Equal([new(RequestClass.Interactive, 1, 20), new(RequestClass.Evaluation, 1, 30)], lane.Classes);
        rig.RunAll();
    }

    public void Dispose() => rig.Dispose();

    private void Learn()
    {
        for (var count = 1; count <= 16; count++) rig.Submit(Request with { Count = count });
        rig.RunAll();
        for (var count = 1; count <= 16; count++)
        {
            rig.Submit(Request with { Count = count });
            rig.RunAll();
        }
    }

    private GenerationRefusedException Refused(GenerationRequest request) => Assert.Throws<GenerationRefusedException>(() => rig.Submit(request));

    private static async Task<double> Eta(Generation generation)
    {
        await foreach (var e in generation.WatchAsync(FrameOptions.None)) return ((QueuedEvent)e).EtaMs;
        throw new InvalidOperationException("It has no events.");
    }
}
