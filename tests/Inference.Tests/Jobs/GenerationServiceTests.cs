using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Inference.Tests.Jobs;

public sealed class GenerationServiceTests : IDisposable
{
    private readonly Rig rig = new(("MaxQueuedRows", 30), ("MaxQueuedGenerations", 3), ("MaxFinished", 2), ("FinishedRetention", "00:01:00"));

    private static GenerationRequest Request => new() { Model = Rig.Labelled, Sampler = "ddim", Steps = 10, Seed = 1 };

    [Fact]
    public void Submit_BeyondTheQueuedRows_IsRefusedWithATimeToComeBack()
    {
        rig.Submit(Request with { Count = 2 });
        var refusal = Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request with { Count = 2 }));
        Assert.Equal(RefusalReason.Overloaded, refusal.Reason);
        Assert.InRange(refusal.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        rig.Submit(Request);
        rig.RunAll();
        rig.Submit(Request with { Count = 2 });
    }

    [Fact]
    public void Submit_BeyondTheQueuedGenerations_IsRefused()
    {
        for (var i = 0; i < 3; i++) rig.Submit(Request with { Steps = 1 });
        Assert.Equal(RefusalReason.Overloaded, Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request with { Steps = 1 })).Reason);
    }

    [Fact]
    public void Submit_LargeRequestToAnIdleEngine_IsAccepted() => Rig.Result(Finished(Request with { Count = 5 }));

    [Fact]
    public void Submit_RefusedRequest_LeavesNothingBehind()
    {
        rig.Submit(Request with { Count = 3 });
        Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request));
        Assert.Equal((1, 30L), (rig.Service.Snapshot().Generations, rig.Service.Snapshot().RowsWaiting));
        rig.RunAll();
        Assert.Equal(0, rig.Service.Snapshot().RowsWaiting);
    }

    [Fact]
    public void Submit_RefusedRequest_IsNotCharged()
    {
        var metered = Request with { Client = "metered", Allowance = new(RowsPerMinute: 10, ConcurrentRows: 1) };
        rig.Submit(Request with { Count = 3 });
        Assert.Equal(RefusalReason.Overloaded, Assert.Throws<GenerationRefusedException>(() => rig.Submit(metered)).Reason);
        rig.RunAll();
        Rig.Result(Finished(metered));
        Assert.Equal(RefusalReason.QuotaExceeded, Assert.Throws<GenerationRefusedException>(() => rig.Submit(metered)).Reason);
    }

    [Fact]
    public void Submit_Guidance_HasTwoRowsOfEachPicture()
    {
        var narrow = Request with { Client = "narrow", Allowance = new(ConcurrentRows: 1), Labels = [1] };
        Assert.Equal(RefusalReason.QuotaExceeded, Assert.Throws<GenerationRefusedException>(() => rig.Submit(narrow with { Guidance = 2 })).Reason);
        Rig.Result(Finished(narrow));
    }

    [Fact]
    public void Submit_WhenClosed_IsDraining()
    {
        rig.Services.GetRequiredService<AdmissionQueue>().Close();
        Assert.Equal(RefusalReason.Draining, Assert.Throws<GenerationRefusedException>(() => rig.Submit(Request)).Reason);
    }

    [Fact]
    public async Task Queued_SaysWhatIsAhead()
    {
        rig.Submit(Request with { Count = 2 });
        var second = rig.Submit(Request);
        rig.RunAll();
        var queued = (QueuedEvent)(await Watching.All(second, FrameOptions.None))[0];
        Assert.Equal(20, queued.Ahead);
    }

    [Fact]
    public void Find_EndedGeneration_IsForgottenAfterItsTime()
    {
        var generation = Finished(Request);
        Assert.Same(generation, rig.Service.Find(generation.Id));
        rig.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(rig.Service.Find(generation.Id));
    }

    [Fact]
    public void Find_MoreEndedThanAreKept_ForgetsTheOldest()
    {
        var ended = Enumerable.Range(0, 3).Select(_ => Finished(Request)).ToArray();
        Assert.Null(rig.Service.Find(ended[0].Id));
        Assert.NotNull(rig.Service.Find(ended[1].Id));
        Assert.NotNull(rig.Service.Find(ended[2].Id));
        Assert.Null(rig.Service.Find("gen_unknown"));
    }

    [Fact]
    public void Result_TimesAreThoseOfTheClock()
    {
        var generation = rig.Submit(Request with { Steps = 2 });
        rig.Clock.Advance(TimeSpan.FromMilliseconds(30));
        rig.Engine.BeforeForward = _ => rig.Clock.Advance(TimeSpan.FromMilliseconds(50));
        rig.RunAll();
        var result = Rig.Result(generation);
        Assert.Equal((30.0, 100.0), (result.QueueMilliseconds, result.SampleMilliseconds));
        Assert.Equal(50, rig.Service.Snapshot().TickMilliseconds);
    }

    public void Dispose() => rig.Dispose();

    private Generation Finished(GenerationRequest request)
    {
        var generation = rig.Submit(request);
        rig.RunAll();
        return generation;
    }
}
