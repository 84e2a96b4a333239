using Diffusion.Inference.Jobs;
using TorchSharp;

namespace Diffusion.Inference.Tests.Engine;

public sealed class InferenceEngineTests : IDisposable
{
    private readonly Rig rig = new(("MaxBatchRows", 8));

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 10, Seed = 1 };

    [Fact]
    public void Tick_WithoutWork_IsFalse() => Assert.False(rig.Engine.Tick());

    [Fact]
    public void Tick_Newcomer_JoinsTheNextBatch()
    {
        rig.Submit(Request);
        rig.Engine.Tick();
        var newcomer = rig.Submit(Request with { Sampler = "ddpm", Steps = 3 });
        var rows = 0;
        rig.Engine.BeforeForward = batch => rows = batch.Count;
        rig.Engine.Tick();
        Assert.Equal(2, rows);
        Assert.Equal(GenerationState.Running, newcomer.State);
    }

    [Fact]
    public void Tick_CanceledRequest_LeavesWithinOneTick()
    {
        var (stays, leaves) = (rig.Submit(Request), rig.Submit(Request with { Count = 3 }));
        rig.Engine.Tick();
        leaves.Cancel();
        leaves.Cancel();
        var rows = 0;
        rig.Engine.BeforeForward = batch => rows = batch.Count;
        rig.Engine.Tick();
        Assert.Equal(1, rows);
        Assert.Equal(GenerationState.Canceled, leaves.State);
        Assert.True(leaves.Completion.IsCanceled);
        Assert.Equal(1, rig.Engine.UsedSlots);
        rig.RunAll();
        Rig.Result(stays);
    }

    [Fact]
    public void Tick_CanceledBeforeItsFirstRow_NeverRuns()
    {
        var generation = rig.Submit(Request);
        generation.Cancel();
        Assert.False(rig.Engine.Tick());
        Assert.Equal(GenerationState.Canceled, generation.State);
    }

    [Fact]
    public void Cancel_AfterTheEnd_ChangesNothing()
    {
        var generation = rig.Submit(Request);
        rig.RunAll();
        generation.Cancel();
        rig.Engine.Tick();
        Assert.Equal(GenerationState.Succeeded, generation.State);
    }

    [Fact]
    public void Tick_GuidedRequest_TakesTwoRowsOfTheBatch()
    {
        rig.Submit(Request with { Labels = [1], Guidance = 2, Count = 5 });
        var rows = 0;
        rig.Engine.BeforeForward = batch => rows = batch.Count;
        rig.Engine.Tick();
        Assert.Equal(4, rows);
        Assert.Equal(8, rig.Service.Snapshot().RowsRunning);
    }

    [Fact]
    public void Tick_TwoModels_TakeTurns()
    {
        rig.Submit(Request);
        rig.Submit(Request with { Model = Rig.Memory });
        for (var tick = 0; tick < 4; tick++) rig.Engine.Tick();
        Assert.Equal([8, 8], rig.Service.Snapshot().Lanes.Select(l => l.RowsWaiting));
    }

    [Fact]
    public void Tick_ManyMoreRowsThanABatch_FinishesEveryRequestExactlyOnce()
    {
        var requests = Enumerable.Range(0, 20).Select(i => rig.Submit(Request with { Count = 1 + i % 3, Steps = 1 + i % 5, Seed = (ulong)i })).ToArray();
        rig.RunAll();
        Assert.All(requests, r => Assert.Equal(GenerationState.Succeeded, r.State));
        var snapshot = rig.Service.Snapshot();
        Assert.Equal((0, 0L, 0), (snapshot.Generations, snapshot.RowsWaiting, snapshot.Lanes.Count));
        Assert.Equal(0, rig.Engine.UsedSlots);
    }

    [Fact]
    public void Tick_TwoHundredRequests_LeaveNoTensorBehind()
    {
        RunSome(20, from: 0);
        // what earlier tests left to the finaliser must not be counted
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = torch.Tensor.TotalCount;
        RunSome(200, from: 20);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void CancelAll_EndsEverything()
    {
        var requests = Enumerable.Range(0, 3).Select(_ => rig.Submit(Request)).ToArray();
        rig.Engine.Tick();
        Assert.Equal(3, rig.Engine.CancelAll());
        Assert.All(requests, r => Assert.Equal(GenerationState.Canceled, r.State));
        Assert.True(rig.Engine.IsIdle);
    }

    public void Dispose() => rig.Dispose();

    private void RunSome(int requests, int from)
    {
        for (var i = from; i < from + requests; i++)
        {
            var generation = rig.Submit(new GenerationRequest
            {
                Model = i % 3 == 0 ? Rig.Memory : Rig.Labelled,
                Steps = 1 + i % 3,
                Count = 1 + i % 2,
                Seed = (ulong)i,
                Labels = [i % 10],
                Guidance = i % 4,
            });
            if (i % 7 == 0) rig.Engine.Tick();
            if (i % 14 == 0) generation.Cancel();
            if (i % 5 == 0) rig.RunAll();
        }
        rig.RunAll();
    }
}
