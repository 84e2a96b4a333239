using Diffusion.Inference.Jobs;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>What must hold of every run of requests, cancellations and failing batches on real networks.</summary>
public sealed class EngineProperties : IDisposable
{
    private readonly Rig rig = new(("MaxBatchRows", 6), ("MaxQueuedRows", 60), ("MaxQueuedGenerations", 12), ("MaxFinished", 1000));

    /// <summary>One thing that happens: 0-4 submit, 5 cancel, 6 a batch that fails, 7-9 a tick.</summary>
    public sealed record Event(int Kind, int Size, int Which);

    private static readonly Arbitrary<Event[]> Scripts = (
        from kind in Gen.Choose(0, 9)
        from size in Gen.Choose(1, 4)
        from which in Gen.Choose(0, 1000)
        select new Event(kind, size, which)).ArrayOf().ToArbitrary();

    [Fact]
    public void EveryAcceptedRequest_EndsExactlyOnceAndLeavesNothing() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(Scripts, script =>
        {
            var accepted = new List<Generation>();
            foreach (var happening in script) Happen(happening, accepted);
            rig.Engine.BeforeForward = null;
            rig.RunAll();
            Assert.All(accepted, EndedOnce);
            var snapshot = rig.Service.Snapshot();
            Assert.Equal((0, 0L, 0, 0), (snapshot.Generations, snapshot.RowsWaiting, snapshot.Lanes.Count, rig.Engine.UsedSlots));
            Assert.True(rig.Engine.IsIdle);
        }));

    public void Dispose() => rig.Dispose();

    private void Happen(Event happening, List<Generation> accepted)
    {
        switch (happening.Kind)
        {
            case < 5:
                Submit(happening, accepted);
                break;
            case 5 when accepted.Count > 0:
                accepted[happening.Which % accepted.Count].Cancel();
                break;
            case 6:
                rig.Engine.BeforeForward = rows =>
                {
                    if (rows.Any(r => r.Seed % 5 == (ulong)happening.Size)) throw new InvalidOperationException("broken");
                };
                rig.Engine.Tick();
                rig.Engine.BeforeForward = null;
                break;
            default:
                rig.Engine.Tick();
                break;
        }
    }

    private void Submit(Event happening, List<Generation> accepted)
    {
        try
        {
            accepted.Add(rig.Submit(happening.Which % 5 == 0 ? Interpolation(happening) : new GenerationRequest
            {
                Model = happening.Which % 3 == 0 ? Rig.Memory : Rig.Labelled,
                Sampler = happening.Which % 2 == 0 ? "ddim" : "ddpm",
                Steps = happening.Size,
                Count = 1 + happening.Which % 3,
                Seed = (ulong)happening.Which,
                Labels = [happening.Which % 10],
                Guidance = happening.Which % 4,
            }));
        }
        catch (GenerationRefusedException refusal)
        {
            // a full queue is an answer, and it says when to come back
            Assert.Equal(RefusalReason.Overloaded, refusal.Reason);
            Assert.NotNull(refusal.RetryAfter);
        }
    }

    // an image at one end: frames are held until it has gone up
    private static GenerationRequest Interpolation(Event happening) => new()
    {
        Kind = GenerationKind.Interpolation,
        Model = Rig.Labelled,
        Steps = happening.Size,
        Count = 2 + happening.Which % 3,
        Starts = [new ImageStart(new byte[64]), new SeedStart((ulong)happening.Which)],
        Seed = (ulong)happening.Which,
        Labels = [happening.Which % 10],
        Guidance = happening.Which % 4,
    };

    private static void EndedOnce(Generation generation)
    {
        var events = Watching.All(generation, FrameOptions.None);
        Assert.True(events.IsCompletedSuccessfully);
        Assert.Single(events.Result, e => e is CompletedEvent or FailedEvent or CanceledEvent);
        Assert.Equal(Enumerable.Range(1, events.Result.Count).Select(i => (long)i), events.Result.Select(e => e.Sequence));
        Assert.True(generation.Completion.IsCompleted);
    }
}
